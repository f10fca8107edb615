from __future__ import annotations

import pytest

from datasync_crawler.domain.page import Page, place_of


@pytest.mark.parametrize(
    ("times", "oldest"),
    [([], None), ([None], None), ([9, 8, 7], 7), ([9, 8, None], 8), ([None, 5, None, None], 5), ([9, 0], 0)],
)
def test_the_oldest_time_is_that_of_the_last_row_which_has_one(times: list[int | None], oldest: int | None) -> None:
    assert Page(["x"] * len(times), times).oldest == oldest


def test_a_row_that_a_page_repeats_has_one_number() -> None:
    assert Page(["a", "a", "b"], [None] * 3, start=10).oldest == place_of(11)
