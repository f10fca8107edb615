"""What is learned before the key is used: from pages, scripts and documents that a fake of the wire serves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from scrapy import Request
from scrapy.exceptions import DownloadConnectionRefusedError
from scrapy.http import HtmlResponse, Response, TextResponse

from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.errors import ServiceUnreachable
from datasync_crawler.domain.profile import Credential
from datasync_crawler.spiders.keyless import Approach

API, PAGE = "http://h/api", "http://h/"
CHUNK = "export const more=()=>fetch('/api/archive?page_size=50');\n//# sourceMappingURL=chunk.js.map"
MAP = {
    "sources": ["src/old.js", "node_modules/lib.js"],
    "sourcesContent": ["fetch('/api/legacy')", "fetch('/api/library')"],
}
SITE = {
    PAGE: ("text/html", "<script src=/assets/main.js></script><a href=/docs/guide.md>Guide</a>"),
    "http://h/assets/main.js": (
        "text/javascript",
        (
            "const k=new URLSearchParams(location.search).get('pass_key');"
            "fetch('/api/things?limit=20',{headers:{'X-Pass-Key':k}});import('./chunk.js')"
        ),
    ),
    "http://h/assets/chunk.js": ("text/javascript", CHUNK),
    "http://h/assets/chunk.js.map": ("application/json", json.dumps(MAP)),
    "http://h/docs/guide.md": ("text/markdown", "### GET /api/things\n- `cursor` where to go on, at most 300 rows"),
    API: ("application/json", json.dumps({"links": {"people": "/api/people"}})),
}


@dataclass
class Wire:
    """Serves a site; everything else is the page again, as single-page applications have it."""

    site: Mapping[str, tuple[str, str]] = field(default_factory=lambda: dict(SITE))
    moved: Mapping[str, str] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)

    async def send(self, request: Request) -> Response:
        self.asked.append(request)
        if request.url in self.moved:
            return Response(request.url, status=302, headers={"Location": self.moved[request.url]})
        if request.url in {"http://h/api/things", "http://h/internal/stats"}:
            return TextResponse(request.url, status=401, body=b'{"error":"X-Pass-Key is missing"}')
        kind, text = self.site.get(request.url, ("text/html", "<div id=app>"))
        made = HtmlResponse if kind == "text/html" else TextResponse
        return made(request.url, headers={"Content-Type": kind}, body=text.encode(), encoding="utf-8")

    async def case(self) -> Case:
        async def no_browser(_names: tuple[str, ...], _stored: tuple[str, ...]) -> None:
            return None

        return await Approach(API, PAGE, self.send, no_browser).case()


async def test_scripts_are_followed_into_chunks_and_source_maps() -> None:
    case = await Wire().case()
    found = {route.url for route in case.routes}
    assert {"http://h/api/things", "http://h/api/archive", "http://h/api/legacy"} <= found
    assert "http://h/api/library" not in found


async def test_the_description_and_linked_documents_add_what_they_know() -> None:
    case = await Wire().case()
    assert "http://h/api/people" in {route.url for route in case.routes}
    things = next(route for route in case.routes if route.name == "things")
    assert set(things.params) == {"limit", "cursor"}
    assert case.caps == (300,)


async def test_the_way_of_the_key_is_read_from_code_and_from_the_refusal() -> None:
    case = await Wire().case()
    assert case.ways[0].credential == Credential("header", "X-Pass-Key")
    assert case.query_names[0] == "pass_key"


async def test_no_call_holds_a_key_or_a_place_for_one() -> None:
    wire = Wire()
    await wire.case()
    assert wire.asked
    assert all("{key}" not in request.url + str(request.headers) for request in wire.asked)


async def test_a_page_that_has_moved_is_followed_inside_its_origin() -> None:
    site = dict(SITE) | {"http://h/app/": SITE[PAGE]}
    case = await Wire(site, {PAGE: "/app/"}).case()
    assert "http://h/api/things" in {route.url for route in case.routes}


async def test_a_page_that_has_moved_elsewhere_is_not_followed() -> None:
    wire = Wire(moved={PAGE: "http://elsewhere/"})
    await wire.case()
    assert all(request.url.startswith("http://h/") for request in wire.asked)


async def test_the_application_is_not_taken_for_a_document_or_a_script() -> None:
    site = dict(SITE) | {PAGE: ("text/html", "<script src=/gone.js></script><a href=/docs/gone.md>Gone</a>")}
    case = await Wire(site).case()
    assert {route.name for route in case.routes} == {"people"}


async def test_silence_everywhere_is_told_before_the_key_is_used() -> None:
    async def silent(request: Request) -> Response:
        raise DownloadConnectionRefusedError(request.url)

    async def no_browser(_names: tuple[str, ...], _stored: tuple[str, ...]) -> None:
        raise AssertionError("nothing to render")

    with pytest.raises(ServiceUnreachable):
        await Approach(API, PAGE, silent, no_browser).case()


async def test_where_nothing_names_an_address_the_usual_ones_are_asked_without_a_key() -> None:
    wire = Wire({PAGE: ("text/html", "<div id=app>"), f"{API}/records": ("application/json", '{"error": "no key"}')})
    case = await wire.case()
    assert [route.url for route in case.routes] == [f"{API}/records"]
    assert all("{key}" not in repr(request.headers) for request in wire.asked)


async def test_nothing_is_guessed_where_anything_is_named() -> None:
    wire = Wire()
    await wire.case()
    assert f"{API}/records" not in {request.url for request in wire.asked}
