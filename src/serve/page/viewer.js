// The image in panes that share zoom, place and window.

const view = { scale: 1, x: 0, y: 0, level: 50, width: 100, invert: false, fit: true };
const panes = [];  // {canvas, heat}
let film = null;
let shown = null;  // canvas of the film under the window that is set

// Level and width in percent of the range from the film's darkest to its brightest pixel.
function drawWindow() {
  if (!film) return;
  const range = film.high - film.low;
  const width = Math.max(1, view.width / 100 * range);
  const low = film.low + view.level / 100 * range - width / 2;
  const grey = new Uint8ClampedArray(65536);
  for (let value = film.low; value <= film.high; ++value) {
    const share = (value - low) / width * 255;
    grey[value] = view.invert ? 255 - share : share;
  }
  const image = new ImageData(film.width, film.height);
  const words = new Uint32Array(image.data.buffer);
  for (let i = 0; i < film.pixels.length; ++i) {
    const g = grey[film.pixels[i]];
    words[i] = 0xff000000 | g << 16 | g << 8 | g;
  }
  shown = new OffscreenCanvas(film.width, film.height);
  shown.getContext("2d").putImageData(image, 0, 0);
}

function paint(context, heat) {
  context.drawImage(shown, 0, 0);
  if (!heat || !byId("heat").checked) return;
  context.globalAlpha = byId("opacity").value / 100;
  context.drawImage(heat.canvas, 0, 0);
  context.globalAlpha = 1;
}

function draw() {
  if (!film || !shown) return;
  for (const pane of panes) {
    const box = pane.canvas.getBoundingClientRect();
    const ratio = devicePixelRatio;
    pane.canvas.width = Math.max(1, Math.round(box.width * ratio));
    pane.canvas.height = Math.max(1, Math.round(box.height * ratio));
    if (view.fit) view.scale = Math.min(box.width / film.width, box.height / film.height);
    const context = pane.canvas.getContext("2d");
    context.imageSmoothingEnabled = view.scale * ratio < 2;
    context.setTransform(view.scale * ratio, 0, 0, view.scale * ratio,
      (box.width / 2 - (film.width / 2 - view.x) * view.scale) * ratio,
      (box.height / 2 - (film.height / 2 - view.y) * view.scale) * ratio);
    paint(context, pane.heat);
  }
  byId("zoom").textContent = Math.round(view.scale * 100) + " %";
}

function zoomTo(scale) {
  view.fit = false;
  view.scale = Math.min(16, Math.max(0.02, scale));
  draw();
}

function fitView() {
  Object.assign(view, { x: 0, y: 0, fit: true });
  draw();
}

function move(dx, dy) {
  view.fit = false;
  view.x += dx / view.scale;
  view.y += dy / view.scale;
  draw();
}

function setWindow(level, width) {
  view.level = Math.min(100, Math.max(0, level));
  view.width = Math.min(200, Math.max(1, width));
  byId("level").value = view.level;
  byId("width").value = view.width;
  drawWindow();
  draw();
}

function setInvert(on) {
  view.invert = on;
  byId("invert").checked = on;
  drawWindow();
  draw();
}

const keys = {
  "+": () => zoomTo(view.scale * 1.25), "=": () => zoomTo(view.scale * 1.25),
  "-": () => zoomTo(view.scale / 1.25), "0": fitView, "1": () => zoomTo(1),
  ArrowLeft: () => move(40, 0), ArrowRight: () => move(-40, 0),
  ArrowUp: () => move(0, 40), ArrowDown: () => move(0, -40),
  i: () => setInvert(!view.invert), h: () => byId("heat").click(),
};

function listenTo(canvas) {
  let last = null;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = event;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last || !(event.buttons & 1)) return;
    const dx = event.clientX - last.clientX;
    const dy = event.clientY - last.clientY;
    last = event;
    if (event.shiftKey) setWindow(view.level + dy / 5, view.width + dx / 5);
    else move(dx, dy);
  });
  canvas.addEventListener("pointerup", () => { last = null; });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomTo(view.scale * Math.exp(-event.deltaY / 500));
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const action = keys[event.key] || keys[event.key.toLowerCase()];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  });
}
