from __future__ import annotations

from dataclasses import replace

import pytest

from datasync_crawler.domain.headtotal import headed
from datasync_crawler.domain.page import Page
from datasync_crawler.domain.profile import RowShape

SHAPE = RowShape((), "id", total_header="X-Total")
PAGE = Page(ids=["a"], times=[None])


@pytest.mark.parametrize(
    ("told", "total"), [("1942", 1942), ("items 0-99/1942", 1942), ("items */7", 7), ("many", None)]
)
def test_a_pages_total_is_that_of_the_header_that_was_found_to_tell_it(told: str, total: int | None) -> None:
    assert headed(PAGE, SHAPE, {"x-total": told}).total == total


def test_what_the_page_tells_itself_goes_first_and_no_other_header_is_read() -> None:
    assert headed(replace(PAGE, total=5), SHAPE, {"X-Total": "9"}).total == 5
    assert headed(PAGE, SHAPE, {"X-Count": "9"}).total is None
    assert headed(PAGE, RowShape((), "id"), {"X-Total": "9"}).total is None
