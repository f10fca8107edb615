from __future__ import annotations

from pathlib import Path

import pytest

from datasync_crawler import adapters
from datasync_crawler.adapters.queries import QUERIES, read_queries


def test_a_file_is_split_at_its_names() -> None:
    text = "-- one --\n-- a reason\nSELECT 1;\n\n-- two --\nSELECT 2;\n"
    assert read_queries(text) == {"one": "-- a reason\nSELECT 1;", "two": "SELECT 2;"}


def test_a_name_comes_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        read_queries("-- one --\nSELECT 1;\n-- one --\nSELECT 2;\n")


def test_every_query_is_used() -> None:
    code = "".join(path.read_text() for path in Path(adapters.__path__[0]).glob("*.py"))
    assert [name for name in QUERIES if f'"{name}"' not in code] == []
