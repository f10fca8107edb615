"""A service that writes the key into the addresses of its next pages finds none of it kept."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import pytest
from scrapy.http import Response

from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.keyways import KeyWay
from datasync_crawler.domain.discovery.routes import Lead, gather
from datasync_crawler.domain.profile import Credential, Evidence
from datasync_crawler.flow.secrets import Secrets
from datasync_crawler.spiders.keyed import Interrogation
from tests.domain.discovery.answers import events

if TYPE_CHECKING:
    from scrapy import Request

    from datasync_crawler.adapters.worker import LedgerWorker

KEY = "s3cret+/key"
SOURCE = Evidence("document", "d")


class NoLedger:
    """Remembers nothing and knows nothing."""

    async def do(self, work: object) -> list[Any]:  # noqa: ARG002 - the ledger's signature
        return []


async def linking(request: Request) -> Response:
    """The newest page, with the next one's address in its body and its header."""
    address = f"http://h/api/events?limit=20&k={quote(KEY, safe='')}&view=7&after=abc"
    body = json.dumps({"data": events(0, 20), "next": address}).replace("&", "\\u0026").encode()
    return Response(request.url, headers={"Link": f'<{address}>; rel="next"'}, body=body)


@pytest.mark.parametrize("place", ["header", "query"])
def test_the_key_in_a_link_is_a_word_in_all_that_is_kept(place: Any) -> None:
    routes = gather([Lead("GET", "http://h/api/events", ("limit",), SOURCE)])
    case = Case("http://h/api", "http://h/", routes=routes, ways=(KeyWay(Credential(place, "k"), SOURCE),))
    asking = Interrogation(linking, Secrets(KEY), cast("LedgerWorker", NoLedger()), "digest", {})
    known = asyncio.run(asking.run(case))
    assert known.main is not None
    assert known.main.shown.shape.next_link == ("view", "after")
    assert known.main.shown.page.next_cursor == "view=7&after=abc"
    kept = [str(answer) for answer in known.answers]
    assert kept
    assert [text for text in kept if KEY in text or quote(KEY, safe="") in text] == []
