"""Starting the simulator from a shell."""

from __future__ import annotations

import argparse
import asyncio
import errno
import os
import secrets
import signal
import sys
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING

import uvloop
from aiohttp import web

from datasync_crawler.simulator.app import Skin, score_application
from datasync_crawler.simulator.charts import listed, read_chart, shipped, tabled
from datasync_crawler.simulator.oracle import oracle
from datasync_crawler.simulator.pace import steady_clock
from datasync_crawler.simulator.service import Service
from datasync_crawler.simulator.sessions import make_sessions
from datasync_crawler.simulator.shaped import open_world
from datasync_crawler.simulator.switches import standing
from datasync_crawler.simulator.world import FAULT_LEVELS, UnknownSwitch, World

if TYPE_CHECKING:
    from collections.abc import Sequence

HOST = "127.0.0.1"
_LAST_PORT = 65_535


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one line when ready and serve until SIGTERM or SIGINT; a wrong use or a taken port exits with 2."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        if given.worlds:
            print({"list": listed, "table": tabled}[given.worlds]([read_chart(name) for name in shipped()]))
            return 0
        world = _world(given)
    except UnknownSwitch as error:
        parser.error(str(error))
    if given.oracle:
        print("\n".join(f"{name} = {str(value).lower()}" for name, value in asdict(oracle(world)).items()))
        return 0
    keys = given.key or [f"ds_{secrets.token_hex(16)}"]
    try:
        uvloop.run(_serve(world, keys, given.port, given.score_port, with_parent=given.with_parent))
    except OSError as error:
        # Nothing was written wrongly, so the usage would only hide what is the matter.
        hint = ": choose another --port" if error.errno in {errno.EADDRINUSE, errno.EACCES} else ""
        print(f"simulator: error: {error.strerror or error}{hint}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="simulator",
        description="A stand-in for the service, on this machine only.",
        epilog="Switches for --set: " + ", ".join(f"{name}={value}" for name, value in standing(World()).items()),
    )
    parser.add_argument("--world", default="", metavar="NAME", help="a world's name or file, see --worlds")
    parser.add_argument(
        "--worlds", nargs="?", const="list", choices=["list", "table"], help="tell all worlds, and end"
    )
    parser.add_argument("--oracle", action="store_true", help="tell the least calls and seconds of the world, and end")
    parser.add_argument("--events", type=int, metavar="N", help="size of the event set")
    parser.add_argument("--seed", type=int, metavar="S", help="of events and faults")
    parser.add_argument("--speed", type=float, metavar="K", help="divides every window, life and latency")
    parser.add_argument("--port", type=int, default=0, metavar="P", help="0 takes any free port")
    parser.add_argument("--score-port", type=int, default=0, metavar="P", help="where the score is told")
    parser.add_argument("--key", action="append", metavar="KEY", help="a key to accept; can be given again")
    parser.add_argument("--faults", choices=list(FAULT_LEVELS), help="how often things go wrong")
    parser.add_argument("--no-limits", action="store_true", help="count no calls")
    parser.add_argument("--no-latency", action="store_true", help="answer at once")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="any switch of the world")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input closes")
    return parser


def _world(given: argparse.Namespace) -> World:
    world = read_chart(given.world).world if given.world else World()
    chosen = {name: value for name in ("events", "seed", "speed") if (value := getattr(given, name)) is not None}
    chosen |= {"limits": False} if given.no_limits else {}
    chosen |= {"latency": False} if given.no_latency else {}
    world = world.with_switches(chosen)
    world = world.with_faults(given.faults) if given.faults else world
    world = world.with_switches(dict(_pair(text) for text in given.set))
    if not all(0 <= port <= _LAST_PORT for port in (given.port, given.score_port)):
        raise UnknownSwitch(f"ports are numbers from 0 to {_LAST_PORT}")
    if world.speed <= 0 or world.events < 0:
        raise UnknownSwitch("--speed is above 0 and --events not below")
    return world


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UnknownSwitch(f"--set wants NAME=VALUE, not {text!r}")
    return name.replace("-", "_"), value


async def _serve(world: World, keys: Sequence[str], port: int, score_port: int, *, with_parent: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if with_parent:
        threading.Thread(target=_watch_parent, args=(loop, stop), daemon=True).start()
    sessions = make_sessions(world.events, world.seed)
    now = steady_clock()
    service = Service(world, keys, open_world(world, sessions), sessions, now())
    skin = Skin(service, now)
    main_runner, url = await _listen(skin.application(), port)
    score_runner, score_url = await _listen(score_application(skin, service, now), score_port)
    print(f"simulator: {url} key={keys[0]} score={score_url} api={url}{world.names.api_path}", flush=True)
    await stop.wait()
    await asyncio.gather(main_runner.cleanup(), score_runner.cleanup())


async def _listen(app: web.Application, port: int) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=False)
    await runner.setup()
    site = web.TCPSite(runner, HOST, port)
    await site.start()
    address = runner.addresses[0]
    return runner, f"http://{HOST}:{address[1]}"


def _watch_parent(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(sys.stdin.fileno(), 4_096):
        pass
    loop.call_soon_threadsafe(stop.set)
