"use strict";

// Talking to the server. An error is an Error whose message is for people.

let token = "";

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

async function ask(path, options = {}) {
  const headers = token ? { ...options.headers, Authorization: "Bearer " + token } : options.headers;
  // A server that has no place says when to come again.
  for (let attempt = 0; ; ++attempt) {
    let answer;
    try {
      answer = await fetch(path, { ...options, headers });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Refused(0, "The server does not answer. Is it still running?");
    }
    if (answer.ok) return answer;
    if (answer.status === 503 && attempt < 120) {
      options.onwait?.();
      await pause(Math.min(Number(answer.headers.get("Retry-After")) || 1, 10));
      continue;
    }
    const error = await answer.json().catch(() => ({}));
    throw new Refused(answer.status, error.message || "The server refused (" + answer.status + ").");
  }
}

// What the browser thinks of a file decides how it is sent, the server looks at its bytes.
function send(path, parameters, file, options = {}) {
  const query = new URLSearchParams(parameters).toString();
  const form = new FormData();
  // Without its name: that of a DICOM file may be a patient's.
  form.append("file", file, "image");
  return ask(path + (query ? "?" + query : ""), { ...options, method: "POST", body: form });
}

async function loadFilm(file) {
  const answer = await send("/film", {}, file);
  const bytes = await answer.arrayBuffer();
  const bits = Number(answer.headers.get("X-Image-Bits"));
  const pixels = bits === 16 ? new Uint16Array(bytes) : new Uint8Array(bytes);
  let low = Infinity;
  let high = 0;
  for (const value of pixels) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return {
    width: Number(answer.headers.get("X-Image-Width")),
    height: Number(answer.headers.get("X-Image-Height")),
    description: decodeURIComponent(answer.headers.get("X-Image-Description") || ""),
    pixels, low, high: Math.max(high, low + 1),
  };
}

// Heat from 0 to 255 for each pixel of the film, and which class it explains.
async function loadHeat(file, model, method, target) {
  const answer = await send("/gradcam", { model, method, class: target, output: "heat" }, file);
  const picture = await createImageBitmap(await answer.blob(), { colorSpaceConversion: "none" });
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  const data = context.getImageData(0, 0, canvas.width, canvas.height);
  const part = (x, centre) => Math.round(255 * Math.min(1, Math.max(0, 1.5 - Math.abs(4 * x - centre))));
  for (let i = 0; i < data.data.length; i += 4) {  // the colours of jet, as in the overlays of gradcam
    const heat = data.data[i] / 255;
    data.data[i] = part(heat, 3);
    data.data[i + 1] = part(heat, 2);
    data.data[i + 2] = part(heat, 1);
  }
  context.putImageData(data, 0, 0);
  return { canvas, target: decodeURIComponent(answer.headers.get("X-Class")) };
}
