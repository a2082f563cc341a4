#!/usr/bin/env python3
"""Drives the page of `xrayclf serve` in headless Chromium, over DevTools on a pipe.

  page_test.py URL FILM... [--screenshots DIRECTORY]

The server has two models. Exit status 77: no Chromium here.
"""
import base64
import fcntl
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

PATIENCE = 120


class Browser:
    """A page in a Chromium of its own."""

    def __init__(self, program, profile):
        to_browser, self.write_end = high_pipe()
        self.read_end, from_browser = high_pipe()

        def give_pipes():  # DevTools speaks on 3 and 4
            os.dup2(to_browser, 3)
            os.dup2(from_browser, 4)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-dev-shm-usage", "--remote-debugging-pipe", "--user-data-dir=" + profile,
             "about:blank"],
            preexec_fn=give_pipes, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.buffer = b""
        self.number = 0
        self.session = None
        self.complaints = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "DOM"):
            self.call(domain + ".enable")

    def close(self):
        self.process.kill()
        self.process.wait()

    def receive(self):
        end = time.monotonic() + PATIENCE
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.read_end], [], [], max(0, end - time.monotonic()))
            more = os.read(self.read_end, 1 << 20) if ready else b""
            if not more:
                raise RuntimeError("the browser does not answer")
            self.buffer += more
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.hear(answer)

    def hear(self, event):
        if event.get("method") == "Runtime.exceptionThrown":
            details = event["params"]["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))
        if event.get("method") == "Log.entryAdded":
            entry = event["params"]["entry"]
            # That the server refused an image is what some steps want.
            if entry["level"] == "error" and entry["source"] != "network":
                self.complaints.append(entry["text"])

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(expression + ": " + json.dumps(result["exceptionDetails"]))
        return result["result"].get("value")

    def wait_for(self, expression):
        end = time.monotonic() + PATIENCE
        while not self.value(expression):
            if time.monotonic() > end:
                page = self.value("document.body.innerText")
                raise RuntimeError(f"never true: {expression}\n{page}")
            time.sleep(0.05)

    def choose_files(self, paths):
        document = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=document, selector="#files")["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=paths)

    def press(self, key, code=0):
        text = key if len(key) == 1 else ""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, text=text if kind == "keyDown" else "",
                      windowsVirtualKeyCode=code)


def high_pipe():
    """A pipe with numbers above those that DevTools wants."""
    ends = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return high


def check(holds, what):
    if not holds:
        raise RuntimeError("not so: " + what)


def predict(url, path):
    with open(path, "rb") as film:
        kind = "image/png" if path.endswith(".png") else "image/jpeg"
        asked = urllib.request.Request(url + "/predict", film.read(), {"Content-Type": kind})
    with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
        return json.load(answer)


def run(browser, url, films, folder):
    shots = iter(range(1, 100))

    def screenshot(name, width=1280, height=900, dark=False):
        browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                     mobile=width < 500)
        browser.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        time.sleep(0.3)
        wide = browser.value("document.documentElement.scrollWidth - innerWidth")
        check(wide <= 0, f"{name} fits its width ({wide} px too wide)")
        picture = browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=width < 500)
        if folder:
            with open(os.path.join(folder, f"{next(shots):02}-{name}.png"), "wb") as out:
                out.write(base64.b64decode(picture["data"]))

    browser.call("Page.navigate", url=url)
    browser.wait_for("document.readyState === 'complete' && !!document.querySelector('#model-a option')")
    screenshot("empty")

    # From a file to a result, with the numbers of the API.
    expected = predict(url, films[0])
    browser.choose_files(films[:1])
    browser.wait_for("document.querySelector('#summary').textContent === '1 of 1 classified.'")
    said = browser.value("document.querySelector('.said').textContent")
    check(said == f"{expected['class']}, {100 * expected['confidence']:.1f} %", "verdict " + said)
    numbers = browser.value("[...document.querySelectorAll('.bars .number')].map(e => e.textContent)")
    check(numbers == [f"{100 * p:.1f} %" for p in expected["probabilities"].values()], f"bars {numbers}")
    grey = ("(() => { const c = document.querySelector('.pane canvas'); const d = c.getContext('2d')"
            ".getImageData(0, 0, c.width, c.height).data; let coloured = 0, lit = 0; "
            "for (let i = 0; i < d.length; i += 4) { lit += d[i] > 20; coloured += Math.abs(d[i] - d[i + 2]) > 20; }"
            " return [lit, coloured]; })()")
    browser.wait_for(f"{grey}[0] > 1000")
    check(browser.value(grey)[1] == 0, "the film is grey")
    screenshot("result")

    # The heat map, by the keyboard.
    browser.value("document.querySelector('.pane canvas').focus()")
    browser.press("h")
    browser.wait_for("document.querySelector('#heat-state').textContent.includes(': for ')")
    browser.wait_for(f"{grey}[1] > 1000")
    screenshot("heat")
    screenshot("heat-dark", dark=True)
    screenshot("narrow", width=380, height=800)
    screenshot("narrow-dark", width=380, height=800, dark=True)
    browser.call("Emulation.clearDeviceMetricsOverride")
    before = browser.value("document.querySelector('#zoom').textContent")
    browser.press("+")
    check(browser.value("document.querySelector('#zoom').textContent") != before, "+ zooms")
    browser.press("i")
    check(browser.value("document.querySelector('#invert').checked"), "I inverts")
    browser.press("i")
    browser.press("0")
    browser.value("document.querySelector('#method').value = 'layercam';"
                  "document.querySelector('#method').dispatchEvent(new Event('change'))")
    browser.wait_for("document.querySelector('#heat-state').textContent.includes(': for ')")

    # The report: one page, with its notice and both pictures.
    browser.value("makeReport()")
    report = browser.value("document.querySelector('#report').textContent")
    for text in ("Research use only", "layercam", "Preprocessing", "opacity 50 %", expected["class"]):
        check(text in report, f"the report says {text}")
    check(browser.value("document.querySelectorAll('#report img').length") == 2, "the report has two pictures")
    pdf = base64.b64decode(browser.call("Page.printToPDF", printBackground=True)["data"])
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    if folder:
        with open(os.path.join(folder, "report.pdf"), "wb") as out:
            out.write(pdf)
    check(pages == 1, f"the report has one page ({pages})")

    # An error stands at its image, and the others go on.
    with tempfile.TemporaryDirectory() as broken_folder:
        broken = os.path.join(broken_folder, "broken.png")
        with open(films[0], "rb") as film, open(broken, "wb") as out:
            out.write(film.read(300))
        browser.choose_files([broken])
        browser.wait_for("document.querySelector('#summary').textContent === "
                         "'1 of 2 classified, 1 could not be read.'")
        browser.value("document.querySelector('#list button.failed').click()")
        browser.wait_for("!document.querySelector('#film-error').hidden")
        text = browser.value("document.querySelector('#film-error').textContent")
        check(text.startswith("broken.png: the image cannot be read"), text)
    screenshot("error")

    # Twenty at once, though the server takes fewer.
    browser.value("document.querySelector('#clear').click()")
    browser.choose_files(films[:20])
    browser.wait_for(f"document.querySelector('#summary').textContent === '{len(films[:20])} of "
                     f"{len(films[:20])} classified.'")
    check(browser.value("document.querySelectorAll('#list li').length") == len(films[:20]), "a line an image")
    browser.value("document.querySelector('#list button').focus()")
    browser.press("ArrowDown", 40)
    check(browser.value("document.querySelectorAll('#list button')[1].getAttribute('aria-current')") == "true",
          "the arrow goes to the next image")

    # Two models side by side.
    browser.value("document.querySelector('#model-b').value = 'second';"
                  "document.querySelector('#model-b').dispatchEvent(new Event('change'))")
    browser.wait_for("document.querySelectorAll('.pane .said').length === 2")
    browser.wait_for("document.querySelector('#heat-state').textContent.includes('second: for ')")
    screenshot("two-models")
    screenshot("two-models-narrow", width=380, height=800)
    check(not browser.complaints, "no errors in the console: " + "; ".join(browser.complaints))


def main():
    arguments = sys.argv[1:]
    folder = None
    if "--screenshots" in arguments:
        at = arguments.index("--screenshots")
        folder = arguments[at + 1]
        os.makedirs(folder, exist_ok=True)
        del arguments[at:at + 2]
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        print("no Chromium here", file=sys.stderr)
        return 77
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(program, profile)
        try:
            run(browser, arguments[0], arguments[1:], folder)
        except RuntimeError as error:
            print(f"page_test: {error}", *browser.complaints, sep="\n", file=sys.stderr)
            return 1
        finally:
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
