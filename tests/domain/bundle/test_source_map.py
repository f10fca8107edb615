"""Sources carried by source maps."""

from __future__ import annotations

import json

import pytest

from datasync_crawler.domain.bundle import read_source_map


def test_carried_sources_come_with_their_names() -> None:
    document = {"version": 3, "sourceRoot": "src", "sources": ["a.ts", "b.ts"], "sourcesContent": ["let a", None]}
    assert read_source_map(json.dumps(document).encode()) == (("src/a.ts", b"let a"),)


def test_sections_are_read_one_by_one() -> None:
    part = {"sources": ["ä.ts"], "sourcesContent": ["'ö'"]}
    document = {"version": 3, "sections": [{"offset": {}, "map": part}, {"url": "other.map"}]}
    assert read_source_map(json.dumps(document).encode()) == (("ä.ts", "'ö'".encode()),)


def test_a_guard_against_inclusion_is_taken_off() -> None:
    assert read_source_map(b')]}\'\n{"sources":["a"],"sourcesContent":["b"]}') == (("a", b"b"),)


@pytest.mark.parametrize(
    "text", [b"", b"<html>", b"null", b"[1]", b'{"sources":["a"]}', b"\xff", b'{"sections":[null]}']
)
def test_what_is_no_source_map_carries_nothing(text: bytes) -> None:
    assert read_source_map(text) == ()
