// A page to print or to keep: image, overlay, numbers, model, preprocessing, notice.

function picture(heat, side) {
  const scale = Math.min(1, side / Math.max(film.width, film.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(film.width * scale);
  canvas.height = Math.round(film.height * scale);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  paint(context, heat);
  return canvas.toDataURL("image/png");
}

function reportOf(item) {
  const models = chosenModels();
  const parts = [element("h1", "Chest X-ray classification: report"),
    element("p", element("strong", "Research use only. Not a medical device; not for diagnosis or the care of patients.")),
    element("p", new Date().toISOString().slice(0, 19).replace("T", " ") + " UTC. "
      + (item.dicom ? "A DICOM image" : "Image " + item.file.name) + ", " + film.description + ", "
      + film.width + " × " + film.height + " pixels.")];
  models.forEach((model, i) => {
    const row = item.rows[model.name];
    const heat = panes[i]?.heat;
    const figures = [element("figure", [element("img", [], { src: picture(null, 800), alt: "The image" }),
      element("figcaption", "As decoded; level " + view.level.toFixed(0) + " %, width " + view.width.toFixed(0) + " %"
        + (view.invert ? ", inverted" : ""))])];
    if (heat && byId("heat").checked) {
      figures.push(element("figure", [element("img", [], { src: picture(heat, 800), alt: "The image under its heat map" }),
        element("figcaption", byId("method").value + " for " + heat.target + ", opacity " + byId("opacity").value + " %")]));
    }
    const section = element("section", [element("h2", "Model " + model.name),
      element("div", figures, { class: "figures" }), ...verdict(row, model)]);
    for (const details of section.querySelectorAll("details")) {
      details.replaceWith(...[...details.childNodes].filter((node) => node.tagName !== "SUMMARY"));
    }
    parts.push(section);
  });
  return parts;
}

function makeReport() {
  const item = current();
  if (!item || !film) return false;
  byId("report").replaceChildren(...reportOf(item));
  return true;
}

function printReport() {
  if (makeReport()) print();
}

function saveReport() {
  if (!makeReport()) return;
  const style = document.querySelector("style").textContent;
  const page = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>xrayclf report</title><style>" + style
    + "#report{display:block;max-width:60rem;margin:1rem auto;padding:0 1rem}</style><body><section id=\"report\">"
    + byId("report").innerHTML + "</section></body></html>";
  const link = element("a", [], { href: URL.createObjectURL(new Blob([page], { type: "text/html" })),
    download: "xrayclf-report.html" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
