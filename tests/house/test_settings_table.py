from __future__ import annotations

from pathlib import Path

import pytest

from bench.settings_table import defaults, page, refusals
from datasync_crawler.domain.choices import NAMES

ROOT = Path(__file__).parents[2]


def test_the_table_of_settings_says_what_the_code_does() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == page()


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_refuses_some_nonsense_in_words_that_name_it(name: str) -> None:
    assert name in refusals(name, defaults())


def test_the_default_of_every_setting_is_known() -> None:
    assert set(NAMES) <= set(defaults())
