#!/usr/bin/env python3
"""Mixed good and hostile traffic at a running `xrayclf serve`, and what it does to the server's memory.

  soak_test.py URL PID SECONDS FILM...

Several threads send films, forms, maps, broken images, broken HTTP, slow and abandoned requests, each chosen by a seeded
generator. Memory is read from /proc/PID once a second; its slope is that of a line through the second half. Ends with 1
if the server died, answered something other than it should, or /health took longer than a second.
"""
import json
import random
import socket
import sys
import threading
import time
import urllib.parse

THREADS = 6


class Soak:
    def __init__(self, url, pid, seconds, films):
        self.address = urllib.parse.urlsplit(url)
        self.pid, self.end, self.films = pid, time.monotonic() + seconds, films
        self.lock = threading.Lock()
        self.counts, self.wrong, self.health = {}, [], []

    def connect(self, own):
        return socket.create_connection((self.address.hostname, self.address.port), 30, (own, 0))

    def status(self, own, data, slowly=False):
        """Of the answer; 0 where the connection was closed without one."""
        with self.connect(own) as connection:
            try:
                if slowly:
                    for i in range(0, min(len(data), 40), 8):
                        connection.sendall(data[i:i + 8])
                        time.sleep(0.05)
                    return -1
                connection.sendall(data)
            except OSError:
                pass
            try:
                answer = connection.recv(65536)
                return int(answer.split()[1]) if answer else 0
            except (OSError, IndexError, ValueError):
                return 0

    def request(self, method, target, fields="", body=b""):
        head = f"{method} {target} HTTP/1.1\r\nHost: {self.address.netloc}\r\nConnection: close\r\n{fields}"
        if body:
            head += f"Content-Length: {len(body)}\r\n"
        return head.encode() + b"\r\n" + body

    def image(self, target, body):
        return self.request("POST", target, "Content-Type: image/png\r\n", body)

    def step(self, chance, own):
        film = chance.choice(self.films)
        broken = bytearray(film)
        for _ in range(chance.randrange(1, 20)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        good = self.image("/predict", film)
        cases = {
            "predict": (good, {200, 503}),
            "gradcam": (self.image("/gradcam", film), {200, 503}),
            "cut image": (self.image("/predict", film[:chance.randrange(1, len(film))]), {200, 422, 503}),
            "changed image": (self.image("/predict", bytes(broken)), {200, 422, 503}),
            "random bytes": (chance.randbytes(chance.randrange(1, 4000)), {0, 400, 431}),
            "cut request": (good[:chance.randrange(1, len(good))], None),
            "broken form": (self.request("POST", "/predict", "Content-Type: multipart/form-data; boundary=X\r\n",
                                         b"--X\r\n" + chance.randbytes(500)), {400, 413, 503}),
            "two lengths": (self.request("POST", "/predict", "Content-Length: 3\r\n", b"abcd"), {400}),
            "chunks": (self.request("POST", "/predict", "Content-Type: image/png\r\nTransfer-Encoding: chunked\r\n")
                       + b"1\r\na\r\n" * 2000 + b"0\r\n\r\n", {422, 503}),
            "no such path": (self.request("GET", "/../../etc/passwd"), {404}),
            "slow": (good, None),
        }
        name = chance.choice(list(cases))
        data, allowed = cases[name]
        if name == "cut request":  # and away
            with self.connect(own) as connection:
                try:
                    connection.sendall(data)
                except OSError:
                    pass
            status = -1
        else:
            status = self.status(own, data, slowly=name == "slow")
        with self.lock:
            self.counts[name] = self.counts.get(name, 0) + 1
            if allowed is not None and status not in allowed:
                self.wrong.append(f"{name}: {status}")

    def work(self, number):
        chance = random.Random(number)
        while time.monotonic() < self.end and not self.dead():
            try:
                self.step(chance, f"127.0.0.{10 + number}")
            except OSError as error:
                with self.lock:
                    self.wrong.append(f"connection: {error}")
                time.sleep(0.5)

    def dead(self):
        return self.resident() is None

    def resident(self):
        try:
            with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:
                return int(file.read().split()[1]) * 4096
        except (OSError, IndexError):
            return None

    def run(self):
        threads = [threading.Thread(target=self.work, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        memory, begin = [], time.monotonic()
        while time.monotonic() < self.end and not self.dead():
            start = time.monotonic()
            if self.status("127.0.0.2", self.request("GET", "/health")) != 200:
                self.wrong.append("/health did not answer")
            self.health.append(time.monotonic() - start)
            memory.append((time.monotonic() - begin, self.resident()))
            time.sleep(1)
        died = self.dead()
        for thread in threads:
            thread.join()
        half = [point for point in memory[len(memory) // 2:] if point[1]]
        report = {"died": died, "requests": sum(self.counts.values()), "by_kind": self.counts,
                  "wrong": len(self.wrong), "examples": self.wrong[:10],
                  "health_worst_ms": round(1000 * max(self.health, default=0), 1),
                  "resident_MiB": [round(r / 2**20, 1) for _, r in (memory[:1] + memory[-1:]) if r],
                  "slope_KiB_a_second": round(slope(half) / 1024, 2)}
        print(json.dumps(report, indent=2))
        return 1 if died or self.wrong or max(self.health, default=9) > 1 else 0


def slope(points):
    if len(points) < 2:
        return 0.0
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


def main():
    url, pid, seconds, *paths = sys.argv[1:]
    films = []
    for path in paths:
        with open(path, "rb") as file:
            films.append(file.read())
    return Soak(url, int(pid), float(seconds), films).run()


if __name__ == "__main__":
    sys.exit(main())
