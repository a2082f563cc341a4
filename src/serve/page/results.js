// What the models say, in words and bars.

const byId = (id) => document.getElementById(id);

function element(name, content, attributes = {}) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") made.className = value;
    else made.setAttribute(key, value);
  }
  made.append(...[content ?? []].flat());
  return made;
}

const percent = (share) => (100 * share).toFixed(1) + " %";

// Facts of a prediction that have words of their own; all others are listed by name.
const known = new Set(["class", "confidence", "probabilities", "image", "model", "request_id", "notice",
  "preprocessing_fingerprint"]);

function flagsOf(row) {
  const flags = [];
  const warn = (text) => flags.push({ text, warn: true });
  if (row.abstained) warn("The model abstains: " + (row.abstained_because || "it is not certain enough") + ".");
  if (row.out_of_distribution) warn("Unlike the images that the model was validated on.");
  if (Array.isArray(row.prediction_set)) {
    const names = row.prediction_set.join(", ");
    if (row.prediction_set.length === 1) flags.push({ text: "Only " + names + " is compatible with the validation." });
    else if (row.prediction_set.length === 0) warn("No class is compatible with the validation.");
    else warn("Several classes are possible: " + names + ".");
  }
  if (typeof row.entropy === "number") {
    const share = row.entropy / Math.log(Math.max(2, Object.keys(row.probabilities).length));
    flags.push({ text: "Uncertainty " + percent(share) + " of the most there can be (entropy "
      + row.entropy.toFixed(3) + ")." });
  }
  const worded = ["abstained", "abstained_because", "out_of_distribution", "prediction_set", "entropy"];
  for (const [key, value] of Object.entries(row)) {
    if (known.has(key) || worded.includes(key) || value === null) continue;
    const name = key.replaceAll("_", " ");
    if (value === true) warn(name[0].toUpperCase() + name.slice(1) + ".");
    else if (value !== false) {
      flags.push({ text: name + ": " + (typeof value === "object" ? JSON.stringify(value) : value) });
    }
  }
  return flags;
}

function bars(row) {
  const list = element("div", [], { class: "bars" });
  for (const [name, share] of Object.entries(row.probabilities)) {
    const chosen = name === row.class;
    list.append(
      element("span", (chosen ? "▸\u00a0" : "") + name, { class: chosen ? "chosen" : "" }),
      element("progress", [], { max: 1, value: share, "aria-label": name }),
      element("span", percent(share), { class: "number" + (chosen ? " chosen" : "") }));
  }
  return list;
}

function definitions(pairs) {
  return element("dl", pairs.filter(([, value]) => value !== undefined && value !== "")
    .flatMap(([name, value]) => [element("dt", name), element("dd", String(value))]));
}

function modelFacts(model) {
  const steps = model.preprocessing || {};
  return [["Model", model.name], ["Network", model.architecture], ["Checkpoint", model.checkpoint_sha256],
    ["Preprocessing", (model.image_size ? model.image_size + " pixels a side; " : "") + JSON.stringify(steps)],
    ["Its fingerprint", model.preprocessing_fingerprint], ["Temperature", model.temperature],
    ["Precision", model.precision]];
}

// The verdict of one model on one image, or why there is none.
function verdict(row, model) {
  if (row instanceof Error) return [element("p", "✗ " + row.message, { class: "error" })];
  if (!row) return [element("p", "… waiting for the answer")];
  const parts = [];
  parts.push(element("p", row.abstained
    ? ["The model abstains. Its first guess: ", element("strong", row.class), ", ", percent(row.confidence)]
    : [element("strong", row.class), ", ", percent(row.confidence)], { class: "said" }));
  parts.push(bars(row));
  const flags = flagsOf(row);
  if (flags.length) {
    parts.push(element("ul", flags.map((flag) =>
      element("li", (flag.warn ? "⚠ " : "") + flag.text, { class: flag.warn ? "warn" : "" })), { class: "flags" }));
  }
  const image = row.image || {};
  parts.push(element("details", [element("summary", "Image, model, preprocessing"), definitions([
    ["Image", [image.description, image.width && image.width + " × " + image.height + " pixels"].filter(Boolean).join(", ")],
    ...modelFacts(model), ["Request", row.request_id]])]));
  return parts;
}
