from __future__ import annotations

import pytest

from datasync_crawler.domain.addresses import joined, told_address


@pytest.mark.parametrize(
    ("reference", "address"),
    [("/b", "http://h/b"), (" b?c=1 ", "http://h/a/b?c=1"), ("//other/b", "http://other/b"), ("http://[bad", None)],
)
def test_a_reference_is_made_absolute_or_is_none(reference: str, address: str | None) -> None:
    assert joined("http://h/a/x", reference) == address


def test_a_redirect_is_told_by_a_location_in_any_case_and_by_nothing_else() -> None:
    assert told_address("http://h/a", {"LOCATION": "/b"}) == "http://h/b"
    assert told_address("http://h/a", {"Content-Location": "/b"}) is None
    assert told_address("http://h/a", {"location": ""}) is None
