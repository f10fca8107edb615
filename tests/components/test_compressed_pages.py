"""Compressed pages are undone on their way to us, and none grows without bound."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import brotli
import pytest
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from datasync_crawler.downloadermiddlewares import SoundEncodings

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.crawler import Crawler

BODY = json.dumps({"rows": [{"no": number} for number in range(5_000)]}).encode()
PACKED = {"gzip": gzip.compress(BODY), "br": brotli.compress(BODY)}


def undone(crawler: Crawler, encoding: str) -> bytes:
    answer = Response("http://h/", headers={"Content-Encoding": encoding}, body=PACKED[encoding])
    response = SoundEncodings.from_crawler(crawler).process_response(Request("http://h/"), answer)
    assert isinstance(response, Response)
    return response.body


@pytest.mark.parametrize("encoding", PACKED)
def test_pages_come_packed_and_are_unpacked(crawler_with: Callable[..., Crawler], encoding: str) -> None:
    request = Request("http://h/")
    SoundEncodings.from_crawler(crawler_with()).process_request(request)
    assert encoding in str(request.headers["Accept-Encoding"])
    assert undone(crawler_with(), encoding) == BODY


@pytest.mark.parametrize("encoding", PACKED)
def test_a_small_body_that_grows_too_large_is_left(crawler_with: Callable[..., Crawler], encoding: str) -> None:
    with pytest.raises(IgnoreRequest):
        undone(crawler_with(DOWNLOAD_MAXSIZE=len(BODY) - 1), encoding)
