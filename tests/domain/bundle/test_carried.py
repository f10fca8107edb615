"""Built scripts and the sources in their maps make the same calls; each is told once."""

from __future__ import annotations

import pytest

from datasync_crawler.domain.bundle import read_with_sources


def urls(built: str, source: str) -> list[str]:
    readings = read_with_sources({"a.js": built.encode()}, {"a.js.map!/a.js": source.encode()})
    return [call.url for reading in readings.values() for call in reading.calls]


def test_a_base_that_only_the_built_script_knows_is_told_once() -> None:
    built, source = "fetch('https://h/v1/items/'+e.id)", "fetch(process.env.ROOT+'/items/'+item.key)"
    assert urls(built, source) == ["https://h/v1/items/{id}"]


def test_a_base_that_ends_in_a_slash_is_told_once() -> None:
    assert urls("fetch('https://h/v1/items')", "fetch(`${process.env.ROOT}items`)") == ["https://h/v1/items"]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        pytest.param("fetch(env.ROOT+'/parts')", "{ROOT}/parts", id="another path"),
        pytest.param("fetch(env.ROOT+'tems')", "{ROOT}tems", id="a piece of a name"),
        pytest.param("fetch(env.ROOT+'/items?limit=5')", "{ROOT}/items?limit=5", id="other parameters"),
        pytest.param("fetch(env.ROOT+'/items',{method:'POST'})", "{ROOT}/items", id="another method"),
        pytest.param("fetch('/items')", "/items", id="no base"),
        pytest.param("fetch(env.ROOT+'/'+e.id)", "{ROOT}/{id}", id="nothing but unknown parts"),
    ],
)
def test_another_call_of_a_source_is_told_too(source: str, told: str) -> None:
    assert urls("fetch('https://h/v1/items');fetch('https://h/v1/items/'+e.id)", source)[2:] == [told]
