"""Whole sources with what they are known to do: a case is a folder of scripts and an `expected.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from datasync_crawler.domain.bundle import CodeCall, read_bundle, read_calls, read_links, read_paths

CASES = Path(__file__).parents[2] / "fixtures" / "bundles"
SCRIPTS = sorted(CASES.glob("*/*.js"))


def told(call: CodeCall) -> dict[str, Any]:
    parts = {"params": list(call.params), "headers": dict(call.headers), "body": list(call.body)}
    shown = {"call": f"{call.method} {call.url}", "via": call.via, "offset": call.offset}
    return shown | {name: part for name, part in parts.items() if part}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: f"{script.parent.name}/{script.name}")
def test_a_bundle_tells_what_it_does(script: Path) -> None:
    expected = json.loads((script.parent / "expected.json").read_text())[script.name]
    reading = read_bundle(script.read_bytes())
    assert [told(call) for call in reading.calls] == expected["calls"]
    assert list(reading.links) == expected["links"]
    assert [path.value for path in reading.paths] == expected["paths"]


def test_every_expectation_has_its_script() -> None:
    expected = {case.parent / name for case in CASES.glob("*/expected.json") for name in json.loads(case.read_text())}
    assert expected == set(SCRIPTS)


def test_the_parts_read_alone_are_the_parts_of_the_whole() -> None:
    source = (CASES / "vite_wrapper" / "index-Bq3x9dTf.js").read_bytes()
    reading = read_bundle(source)
    assert (read_calls(source), read_links(source), read_paths(source)) == (
        reading.calls,
        reading.links,
        reading.paths,
    )


def test_an_offset_points_at_the_outermost_call() -> None:
    source = "const ä='ö';const r=p=>fetch('/v1'+p);r('/x')".encode()
    (call,) = read_calls(source)
    assert source[call.offset :] == b"r('/x')"
