"""How fast the simulator starts, serves and how much memory it holds, each beside the floor it must keep.

Run from the project's folder: ``python bench/simulator_speed.py [--events N] [--pages N]``. Exits 1 below a floor.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import socket
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from datasync_crawler.simulator import Simulator

ROWS = 5_000
ROUNDS = 3
"""The best of so many counts: what else runs on the machine only ever slows it."""
LEAST_PAGES_A_SECOND = 400
MOST_SECONDS_WARM = 3.0
MOST_SECONDS_COLD = 60.0
MOST_SECONDS_SMALL = 0.5
MOST_MEGABYTES = 300.0


def main() -> int:
    """Measure everything and print one line a figure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=3_000_000)
    parser.add_argument("--pages", type=int, default=600)
    given = parser.parse_args()
    kept = True
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        kept &= _tell("start without a cache", _start(given.events), MOST_SECONDS_COLD, "s at most")
        kept &= _tell("start from the cache", _start(given.events), MOST_SECONDS_WARM, "s at most")
        kept &= _tell("start of 20,000 events", _start(20_000), MOST_SECONDS_SMALL, "s at most")
        for path in ("feed", "/api/v1/events"):
            figures = _serving(path, given.events, given.pages)
            for name, (figure, bound, unit) in figures.items():
                kept &= _tell(f"{name}, {path.rpartition('/')[2]}", figure, bound, unit)
    return 0 if kept else 1


def _tell(name: str, figure: float, bound: float, unit: str) -> bool:
    good = figure >= bound if unit.endswith("least") else figure <= bound
    print(f"{name:34} {figure:9.2f}   {bound:7.2f} {unit:22} {'ok' if good else 'MISSED'}", flush=True)
    return good


def _start(events: int) -> float:
    begun = time.perf_counter()
    with Simulator(events=events, limits=False, latency=False):
        return time.perf_counter() - begun


def _serving(path: str, events: int, pages: int) -> dict[str, tuple[float, float, str]]:
    """Pages a second of the simulator's own processor time, and its own memory."""
    with Simulator(events=events, limits=False, latency=False, cache=False) as simulator:
        headers = f"Host: simulator\r\nX-API-Key: {simulator.key}\r\n"
        if path == "feed":
            path, header = _feed(simulator)
            headers += header
        rounds = []
        for _ in range(ROUNDS):
            spent = _processor_seconds(simulator.pid)
            drain_pages(simulator.url, path, headers, events, pages)
            rounds.append(_processor_seconds(simulator.pid) - spent)
        memory = _own_megabytes(simulator.pid)
    return {
        "pages a processor second": (pages / min(rounds), LEAST_PAGES_A_SECOND, "pages/s at least"),
        "own memory": (memory, MOST_MEGABYTES, "MB at most"),
    }


def _feed(simulator: Simulator) -> tuple[str, str]:
    request = urllib.request.Request(  # noqa: S310 - an http URL of ours
        f"{simulator.url}/internal/dashboard/stream-access",
        method="POST",
        headers={"X-API-Key": simulator.key, "User-Agent": "Mozilla/5.0"},
    )
    with urllib.request.urlopen(request) as response:  # noqa: S310 - the same
        access = json.load(response)["streamAccess"]
    return access["endpoint"], f"{access['tokenHeader']}: {access['token']}\r\n"


def drain_pages(url: str, path: str, headers: str, events: int, pages: int, rows: int = ROWS) -> None:
    """Fetch full pages over one connection, keeping nothing."""
    address = urlsplit(url)
    buffer = bytearray(1 << 20)
    first = 1_769_541_612_369
    step = (first - 1_766_946_793_000) // max(1, events // rows)
    with socket.create_connection((address.hostname, address.port)) as connection:
        for number in range(pages):
            stamp = first - step * (number % max(1, events // rows - 1))
            cursor = json.dumps({"id": "f", "ts": stamp, "v": 2, "exp": 4_102_444_800_000}).encode()
            query = f"limit={rows}&cursor={base64.urlsafe_b64encode(cursor).decode()}"
            connection.sendall(f"GET {path}?{query} HTTP/1.1\r\n{headers}\r\n".encode())
            _skip_answer(connection, buffer)


def _skip_answer(connection: socket.socket, buffer: bytearray) -> None:
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(1 << 16)
    head, _, body = head.partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    if not head.startswith(b"HTTP/1.1 200") or length is None:
        raise SystemExit(head.decode())
    left = int(length[1]) - len(body)
    while left:
        left -= connection.recv_into(buffer, min(left, len(buffer)))


def _processor_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _own_megabytes(pid: int) -> float:
    """Resident memory but for mapped files, which the system can drop at any time."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0]) / 1024


if __name__ == "__main__":
    sys.exit(main())
