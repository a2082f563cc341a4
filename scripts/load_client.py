#!/usr/bin/env python3
"""Sends one film to /predict at a fixed rate of arrivals, and asks /health beside it.

  load_client.py URL FILM RATE SECONDS

An arrival does not wait for the answers before it, and its time counts from when it was due: a server that falls
behind cannot hide it. Prints one JSON object.
"""
import asyncio
import json
import sys
import time
import urllib.parse


def form(film):
    head = b'--load\r\nContent-Disposition: form-data; name="file"; filename="film"\r\n\r\n'
    return head + film + b"\r\n--load--\r\n"


async def ask(host, port, request, own_address=None):
    """Status of one request on a connection of its own, or 0."""
    try:
        local = (own_address, 0) if own_address else None
        reader, writer = await asyncio.open_connection(host, port, local_addr=local)
    except OSError:
        return 0
    try:
        writer.write(request)
        await writer.drain()
        line = await reader.readline()
        await reader.read()
        return int(line.split()[1]) if line.startswith(b"HTTP/1.1 ") else 0
    except (OSError, IndexError, ValueError):
        return 0
    finally:
        writer.close()


def quantiles(seconds):
    ordered = sorted(seconds)

    def at(share):
        return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else None

    return {"p50_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99)}


async def run(url, film, rate, seconds):
    address = urllib.parse.urlsplit(url)
    body = form(film)
    head = f"POST /predict HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n" \
           f"Content-Type: multipart/form-data; boundary=load\r\nContent-Length: {len(body)}\r\n\r\n"
    predict = head.encode() + body
    health = f"GET /health HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n".encode()
    begin = time.monotonic()
    statuses, times, health_times = {}, [], []

    async def one(due):
        await asyncio.sleep(max(0, due - time.monotonic()))
        status = await ask(address.hostname, address.port, predict)
        statuses[status] = statuses.get(status, 0) + 1
        if status == 200:
            times.append(time.monotonic() - due)

    async def watch():
        while time.monotonic() < begin + seconds:
            start = time.monotonic()
            if await ask(address.hostname, address.port, health, "127.0.0.2") == 200:
                health_times.append(time.monotonic() - start)
            await asyncio.sleep(0.05)

    await asyncio.gather(watch(), *(one(begin + i / rate) for i in range(int(rate * seconds))))
    elapsed = time.monotonic() - begin
    return {"rate": rate, "answers": {str(k): v for k, v in sorted(statuses.items())},
            "good_a_second": round(len(times) / elapsed, 2), **quantiles(times),
            "health_p99_ms": quantiles(health_times)["p99_ms"]}


def main():
    url, path, rate, seconds = sys.argv[1:]
    with open(path, "rb") as file:
        film = file.read()
    print(json.dumps(asyncio.run(run(url, film, float(rate), float(seconds)))))


if __name__ == "__main__":
    main()
