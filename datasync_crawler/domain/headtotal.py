"""The total that a page's headers tell, where a header was found that does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from datasync_crawler.domain.addresses import header_of
from datasync_crawler.domain.page import Page
from datasync_crawler.domain.profile import RowShape

_COUNT = re.compile(r"(?:\S*\s*(?:\d+-\d+|\*)/)?\s*(\d{1,18})\s*")


def headed(page: Page, shape: RowShape, headers: Mapping[str, str]) -> Page:
    """The page with the total of the header that the shape names: a whole number, or the end of a Content-Range."""
    if shape.total_header is None or page.total is not None:
        return page
    match = _COUNT.fullmatch(header_of(headers, shape.total_header.lower()))
    return replace(page, total=int(match[1])) if match else page
