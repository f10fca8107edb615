r"""What a regular expression takes out of an address, as `base.replace(/\/+$/, "")` does."""

from __future__ import annotations

import time

import pytest

from datasync_crawler.domain.bundle import read_calls


def url(source: str) -> str:
    (call,) = read_calls(source.encode())
    return call.url


@pytest.mark.parametrize(
    ("source", "told"),
    [
        pytest.param(r"fetch('/v1//'.replace(/\/+$/,'')+'/a')", "/v1/a", id="slashes at the end"),
        pytest.param(r"fetch('/v1/'+'/a/'.replace(/^\/+|\/+$/g,''))", "/v1/a", id="slashes at both ends"),
        pytest.param(r"fetch('/v1/a'.replace(/\//,''))", "v1/a", id="the first match only"),
        pytest.param(r"fetch('http://h//v1//a'.replace(/([^:]\/)\/+/g,'$1'))", "http://h/v1/a", id="a group kept"),
        pytest.param(r"fetch('/v1/a'.replace(/v\d/,'$&.0'))", "/v1.0/a", id="the match kept"),
        pytest.param(r"fetch('/v1/a'.replace(/(1)/,'$$2$3'))", "/v$2$3/a", id="signs that name no group"),
        pytest.param(r"fetch('/v1/a'.replace(/V1/i,'v2'))", "/v2/a", id="either case"),
        pytest.param(r"fetch('/a/[id]'.replace(/\[id\]/,e.key))", "/a/{key}", id="an unknown part put in"),
        pytest.param(r"fetch(`${e.base}/`.replace(/\/$/,'')+'/a')", "{base}/a", id="behind an unknown part"),
        pytest.param(r"fetch((d?'/v1/':'/v1').replace(/\/$/,'')+'/a')", "/v1/a", id="of several texts"),
    ],
)
def test_a_regular_expression_is_replaced(source: str, told: str) -> None:
    assert url(source) == told


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param(r"/(?<name>v)/", id="a named group"),
        pytest.param(r"/v/y", id="a flag that depends on earlier matches"),
        pytest.param(r"/[]|v/", id="a class of nothing"),
        pytest.param(r"/[[v]/", id="a class read otherwise elsewhere"),
        pytest.param(r"/\cA|v/", id="an escape of its own"),
        pytest.param(r"/[z-v]|v/", id="a broken one"),
        pytest.param("/" + "v?" * 60 + "/", id="a long one"),
    ],
)
def test_an_expression_that_is_not_understood_leaves_the_text(expression: str) -> None:
    assert url(f"fetch('/v1/a'.replace({expression},''))") == "/v1/a"


def test_a_match_that_an_unknown_part_may_change_leaves_the_text() -> None:
    assert url(r"fetch(`/v1/${e.id}`.replace(/[^/]+$/,''))") == "/v1/{id}"


def test_what_a_function_puts_in_leaves_the_text() -> None:
    assert url(r"fetch('/v1/a'.replace(/a/,e=>e.toUpperCase()))") == "/v1/a"


@pytest.mark.parametrize("expression", ["(a+)+b", "a?" * 30 + "a" * 30 + "b", "(a|a)" * 10 + "b", "a*a*a*b", "a{1,}b"])
def test_no_expression_takes_long(expression: str) -> None:
    before = time.process_time()
    read_calls(f"fetch('{'a' * 300}'.replace(/{expression}/g,''))".encode())
    assert time.process_time() - before < 0.1
