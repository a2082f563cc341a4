// The list of images and what happens when something is chosen.

const items = [];  // {file, dicom, state, error, rows: {model: row}, film, heats: {key: heat}}
let models = [];
let selected = null;
let working = 0;
const atATime = 2;

const current = () => selected;
const modelNamed = (name) => models.find((model) => model.name === name);
const chosenModels = () => [byId("model-a").value, byId("model-b").value].filter(Boolean).map(modelNamed);

const glyphs = { waiting: "○", sending: "◐", done: "✓", failed: "✗" };

function wordsFor(item) {
  if (item.state === "failed") return item.error;
  if (item.state === "waiting") return "waiting";
  if (item.state === "sending") return item.busy ? "the server is busy, trying again" : "being classified";
  return chosenModels().map((model) => {
    const row = item.rows[model.name];
    if (!row) return "…";
    if (row instanceof Error) return "refused";
    const flagged = flagsOf(row).some((flag) => flag.warn) ? " ⚠" : "";
    return (row.abstained ? "abstains" : row.class + " " + percent(row.confidence)) + flagged;
  }).join(" | ");
}

function showItem(item) {
  if (!item.button) {
    item.button = element("button", [], { type: "button" });
    item.button.addEventListener("click", () => select(item));
    byId("list").append(element("li", item.button));
  }
  item.button.className = item.state;
  item.button.setAttribute("aria-current", item === selected);
  item.button.replaceChildren(element("span", glyphs[item.state], { "aria-hidden": "true" }),
    element("span", item.file.name, { class: "name", title: item.file.name }),
    element("span", wordsFor(item), { class: "state" }));
}

function showSummary() {
  const count = (state) => items.filter((item) => item.state === state).length;
  const failed = count("failed");
  byId("summary").textContent = items.length === 0 ? "No image yet."
    : count("done") + " of " + items.length + " classified" + (failed ? ", " + failed + " could not be read" : "") + ".";
  byId("clear").hidden = items.length === 0;
}

function add(files) {
  for (const file of files) {
    const item = { file, dicom: /\.(dcm|dicom)$/i.test(file.name) || !/\./.test(file.name), state: "waiting",
      rows: {}, heats: {} };
    items.push(item);
    showItem(item);
  }
  showSummary();
  if (!selected && items.length) select(items[0]);
  work();
}

function needs(item) {
  return item.state !== "failed" && !item.sending && chosenModels().some((model) => !item.rows[model.name]);
}

// The image that is looked at comes first, then the order of the list.
function work() {
  while (working < atATime) {
    const item = selected && needs(selected) ? selected : items.find(needs);
    if (!item || models.length === 0) return;
    ++working;
    classify(item).finally(() => { --working; work(); });
  }
}

async function classify(item) {
  item.sending = true;
  item.state = "sending";
  showItem(item);
  for (const model of chosenModels()) {
    if (item.rows[model.name]) continue;
    try {
      const onwait = () => { item.busy = true; showItem(item); };
      const answer = await send("/predict", { model: model.name }, item.file, { onwait });
      item.rows[model.name] = await answer.json();
      item.busy = false;
    } catch (error) {
      if (error.status === 401) askForToken(error);
      if (error.status === 422 || error.status === 413 || error.status === 415 || error.status === 0) {
        item.state = "failed";
        item.error = error.message;
        break;
      }
      item.rows[model.name] = error;
    }
  }
  item.sending = false;
  if (item.state === "sending") item.state = "done";
  if (!items.includes(item)) return;
  showItem(item);
  showSummary();
  if (item === selected) showResult();
}

async function select(item) {
  const before = selected;
  selected = item;
  if (before) showItem(before);
  showItem(item);
  film = null;
  shown = null;
  byId("empty").hidden = true;
  byId("view").hidden = false;
  showResult();
  if (item.state === "failed") return;
  try {
    item.film = item.film || await loadFilm(item.file);
    keepFewFilms(item);
    if (item !== selected) return;
    film = item.film;
    fitView();
    setWindow(50, 100);
    showHeat();
  } catch (error) {
    if (item === selected && item.state !== "failed") showFilmError(error.message);
  }
}

// Pixels of the last few images only; the others are asked for again.
function keepFewFilms(item) {
  const kept = items.filter((other) => other.film && other !== item);
  for (const other of kept.slice(0, Math.max(0, kept.length - 4))) {
    other.film = null;
    other.heats = {};
  }
}

function showFilmError(message) {
  byId("film-error").hidden = !message;
  byId("film-error").textContent = message || "";
}

function showResult() {
  const item = selected;
  if (!item) return;
  const failed = item.state === "failed";
  showFilmError(failed ? item.file.name + ": " + item.error : "");
  byId("tools").hidden = byId("hint").hidden = byId("panes").hidden = failed;
  if (failed) return;
  const chosen = chosenModels();
  while (panes.length > chosen.length) panes.pop().box.remove();
  chosen.forEach((model, i) => {
    if (!panes[i]) {
      const canvas = element("canvas", [], { tabindex: "0", role: "img" });
      const box = element("article", [element("h3"), canvas, element("div", [], { class: "verdict" })], { class: "pane card" });
      panes[i] = { canvas, box, heat: null };
      byId("panes").append(box);
      listenTo(canvas);
    }
    const pane = panes[i];
    pane.box.querySelector("h3").textContent = model.name;
    pane.canvas.setAttribute("aria-label", "The image " + item.file.name + ", with the heat map of " + model.name + " if shown");
    pane.box.querySelector(".verdict").replaceChildren(...verdict(item.rows[model.name], model));
  });
  draw();
}

// One heat map a pane, fetched when it is wanted and kept.
async function showHeat() {
  const item = selected;
  for (const pane of panes) pane.heat = null;
  draw();
  if (!byId("heat").checked || !item || !film || item.state === "failed") {
    byId("heat-state").textContent = "";
    return;
  }
  const method = byId("method").value;
  const target = byId("target").value;
  byId("heat-state").textContent = "being computed";
  const texts = await Promise.all(chosenModels().map(async (model, i) => {
    const key = JSON.stringify([model.name, method, target]);
    try {
      item.heats[key] = item.heats[key] || await loadHeat(item.file, model.name, method, target);
      const current = item === selected && method === byId("method").value && target === byId("target").value;
      if (current && panes[i] && byId("heat").checked) panes[i].heat = item.heats[key];
      return model.name + ": for " + item.heats[key].target;
    } catch (error) {
      return model.name + ": ✗ " + error.message;
    }
  }));
  if (item !== selected || !byId("heat").checked) return;
  byId("heat-state").textContent = texts.join("; ");
  draw();
}

function options(select, values, labels = values) {
  select.replaceChildren(...values.map((value, i) => element("option", labels[i], { value })));
}

function showModels() {
  const names = models.map((model) => model.name);
  options(byId("model-a"), names);
  options(byId("model-b"), ["", ...names], ["none", ...names]);
  byId("model-b").disabled = models.length < 2;
  showChoices();
}

// Methods and classes that all chosen models have.
function showChoices() {
  const chosen = chosenModels();
  const common = (key) => chosen[0][key].filter((value) => chosen.every((model) => model[key].includes(value)));
  const [method, target] = [byId("method").value, byId("target").value];
  options(byId("method"), common("methods"));
  options(byId("target"), ["predicted", ...common("classes")], ["the predicted one", ...common("classes")]);
  for (const [id, value] of [["method", method], ["target", target]]) {
    if ([...byId(id).options].some((option) => option.value === value)) byId(id).value = value;
  }
}

function askForToken(error) {
  byId("token-form").hidden = false;
  byId("token-error").textContent = token ? error.message : "";
}

async function connect() {
  byId("server-error").hidden = true;
  try {
    models = (await (await ask("/model")).json()).models;
    byId("token-form").hidden = true;
    showModels();
    work();
  } catch (error) {
    if (error.status === 401) return askForToken(error);
    byId("server-error").hidden = false;
    byId("server-error").textContent = error.message;
  }
}

function changeModels() {
  showChoices();
  for (const item of items) showItem(item);
  showResult();
  showHeat();
  work();
}

byId("files").addEventListener("change", (event) => {
  add(event.target.files);
  event.target.value = "";
});
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    byId("drop").classList.toggle("over", name === "dragover");
    if (name === "drop") add(event.dataTransfer.files);
  });
}
byId("list").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const next = step && items[items.findIndex((item) => item.button === document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.button.focus();
  select(next);
});
byId("clear").addEventListener("click", () => {
  items.length = 0;
  selected = film = shown = null;
  byId("list").replaceChildren();
  byId("view").hidden = true;
  byId("empty").hidden = false;
  showSummary();
});
byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  token = byId("token").value;
  connect();
});
byId("model-a").addEventListener("change", changeModels);
byId("model-b").addEventListener("change", changeModels);
byId("zoom-in").addEventListener("click", keys["+"]);
byId("zoom-out").addEventListener("click", keys["-"]);
byId("zoom-fit").addEventListener("click", fitView);
byId("zoom-full").addEventListener("click", keys["1"]);
byId("level").addEventListener("input", () => setWindow(Number(byId("level").value), view.width));
byId("width").addEventListener("input", () => setWindow(view.level, Number(byId("width").value)));
byId("window-reset").addEventListener("click", () => { setWindow(50, 100); setInvert(false); });
byId("invert").addEventListener("change", () => setInvert(byId("invert").checked));
for (const id of ["heat", "method", "target"]) byId(id).addEventListener("change", showHeat);
byId("opacity").addEventListener("input", draw);
byId("print").addEventListener("click", printReport);
byId("save").addEventListener("click", saveReport);
addEventListener("beforeprint", makeReport);
addEventListener("resize", draw);
connect();
