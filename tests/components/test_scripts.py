"""Scripts that lead to each other, served by a fake of the wire."""

from __future__ import annotations

from collections.abc import Mapping

from datasync_crawler.spiders.scripts import Scripts

HOME = "http://h/"


class Wire:
    def __init__(self, served: Mapping[str, bytes]) -> None:
        self.served = served
        self.asked: list[str] = []

    async def fetch(self, url: str) -> bytes | None:
        self.asked.append(url)
        return self.served.get(url)


async def calls(wire: Wire, *urls: str) -> set[str]:
    scripts = Scripts(HOME, wire.fetch)
    await scripts.follow(urls)
    return {call.url for script in await scripts.read() for call in script.calls}


async def test_a_wrapper_and_its_callers_are_read_together_across_scripts() -> None:
    wire = Wire(
        {
            "http://h/a/main.js": b"const f=e=>fetch('/v1'+e);import('./lazy.js');export{f as r}",
            "http://h/a/lazy.js": b"import{r as t}from'./main.js';t('/things')",
        }
    )
    assert await calls(wire, "http://h/a/main.js") == {"/v1/things"}


async def test_a_script_that_only_the_others_together_name_is_fetched_and_read_too() -> None:
    wire = Wire(
        {
            "http://h/runtime.js": b"n.u=e=>e+'.chunk.js'",
            "http://h/main.js": b"n.e(7).then(x)",
            "http://h/7.chunk.js": b"fetch('/v1/late')",
        }
    )
    assert await calls(wire, "http://h/runtime.js", "http://h/main.js") == {"/v1/late"}


async def test_no_script_is_asked_for_twice_whether_it_is_there_or_not() -> None:
    wire = Wire({"http://h/a.js": b"import('./b.js');import('./c.js')", "http://h/b.js": b"import('./a.js')"})
    await calls(wire, "http://h/a.js")
    assert sorted(wire.asked) == ["http://h/a.js", "http://h/b.js", "http://h/c.js"]


async def test_scripts_of_other_origins_are_left_alone() -> None:
    wire = Wire({"http://h/a.js": b"import('https://elsewhere/b.js')"})
    await calls(wire, "http://h/a.js", "https://elsewhere/c.js")
    assert wire.asked == ["http://h/a.js"]


async def test_names_come_from_every_script() -> None:
    wire = Wire(
        {"http://h/a.js": b"new URLSearchParams(location.search).get('pass_key');localStorage.getItem('token')"}
    )
    scripts = Scripts(HOME, wire.fetch)
    await scripts.follow(["http://h/a.js"])
    assert (scripts.names(), scripts.stored()) == (("pass_key",), ("token",))
