"""Strings that look like addresses of an API, outside of any recognised call."""

from __future__ import annotations

import pytest

from datasync_crawler.domain.bundle import read_paths


@pytest.mark.parametrize(
    "value", ["/api", "/api/v1/events", "/internal/stats", "/v2/rows?limit=1", "/app/api/x", "https://h.example/rows"]
)
def test_an_address_is_told_with_its_place(value: str) -> None:
    (path,) = read_paths(f"x='{value}'".encode())
    assert (path.value, path.offset) == (value, 2)


@pytest.mark.parametrize(
    "value", ["/events", "/apiary", "events", "text/html", "http://www.w3.org/2000/svg", "GET /api"]
)
def test_other_text_is_not(value: str) -> None:
    assert read_paths(f"x='{value}'".encode()) == ()


def test_a_template_keeps_its_placeholders() -> None:
    assert [path.value for path in read_paths(b"x=`/api/rows/${e.id}`")] == ["/api/rows/{id}"]


def test_what_takes_part_in_a_call_is_no_weaker_evidence() -> None:
    assert read_paths(b"const b='/api/v1';fetch(b+'/rows')") == ()


def test_a_longer_path_than_any_called_is_still_told() -> None:
    assert [path.value for path in read_paths(b"fetch('/api/v1/rows');x='/api/v1/rows/all'")] == ["/api/v1/rows/all"]


def test_a_shorter_word_than_the_one_called_is_still_told() -> None:
    assert [path.value for path in read_paths(b"fetch('/api/v10/rows');x='/api/v1'")] == ["/api/v1"]
