from __future__ import annotations

import re

import pytest
import tree_sitter_javascript
from tree_sitter import Language, Parser

from datasync_crawler.simulator.dashboard.build import build
from datasync_crawler.simulator.world import World
from tests.simulator.asking import Client

SCRIPT = re.compile(r'src="(/assets/index-[A-Za-z0-9]{8}\.js)"')


def script() -> str:
    client = Client()
    path = SCRIPT.search(client.ask("/", key=None).body.decode())[1]
    heard = client.ask(path, key=None)
    assert heard.headers["Content-Type"] == "application/javascript"
    return heard.body.decode()


def test_the_same_world_has_the_same_files() -> None:
    assert build(World()) == build(World(events=5))
    assert len([path for path in build(World()) if path.startswith("/assets/")]) == 1


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = Client().ask("/", key=None).body.decode()
    assert not re.findall(r'(?:src|href)="(?!/assets/|data:)', page)


def test_the_script_is_one_that_a_parser_understands() -> None:
    tree = Parser(Language(tree_sitter_javascript.language())).parse(script().encode())
    assert not tree.root_node.has_error
    assert 90_000 < len(script()) < 120_000


def test_the_script_spells_no_whole_path() -> None:
    assert '"/api/v1"' in script()
    for path in ("/api/v1/events", "/internal/stats", "/internal/dashboard/stream-access", "d4ta", "X-Stream-Token"):
        assert path not in script()


@pytest.mark.parametrize("path", ["/", "/swagger.json", "/openapi.json", "/assets/none.js", "/events?apiKey=x"])
def test_every_unknown_path_is_the_page(path: str) -> None:
    heard = Client().ask(path, key=None)
    assert (heard.status, heard.headers["Content-Type"], heard.headers["Server"]) == (200, "text/html", "nginx/1.29.4")
    assert b'<div id="root">' in heard.body


@pytest.mark.parametrize("path", ["/api/v2/events", "/api/docs", "/internal/none"])
def test_the_service_has_no_page(path: str) -> None:
    assert Client().ask(path, key=None).json["code"] == "ENDPOINT_NOT_FOUND"


def test_the_document_is_wrong_as_the_real_one_is() -> None:
    text = Client().ask("/docs/api.md", key=None).body.decode()
    assert '"hasMore": true' in text
    assert "pagination" not in text


def test_opening_the_page_with_a_key_does_not_start_its_clock() -> None:
    client = Client()
    client.ask("/")
    assert client.service.score.keyed == 0
