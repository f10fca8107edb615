from __future__ import annotations

import pytest

from datasync_crawler.domain.discovery.openapi import read_openapi

URL, BASE = "http://h/openapi.json", "http://h/api"
DOCUMENT = {
    "openapi": "3.1.0",
    "servers": [{"url": "/api"}],
    "paths": {
        "/things": {
            "parameters": [{"in": "query", "name": "cursor"}, {"in": "path", "name": "id"}],
            "get": {"parameters": [{"in": "query", "name": "limit"}]},
            "summary": "Things",
        },
        "/things/{id}": {"get": {}},
    },
    "components": {
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Pass"},
            "bearer": {"type": "http", "scheme": "bearer"},
        }
    },
}


def test_paths_and_query_parameters_are_read() -> None:
    mentions = read_openapi(DOCUMENT, URL, BASE)
    assert mentions is not None
    assert [(lead.method, lead.url, lead.params) for lead in mentions.leads] == [
        ("GET", "http://h/api/things", ("cursor", "limit")),
        ("GET", "http://h/api/things/{id}", ()),
    ]


def test_ways_of_the_key_are_read() -> None:
    mentions = read_openapi(DOCUMENT, URL, BASE)
    assert mentions is not None
    assert [(key.place, key.name, key.prefix) for key in mentions.keys] == [
        ("header", "X-Pass", ""),
        ("header", "Authorization", "Bearer "),
    ]


def test_an_older_document_has_its_base_path() -> None:
    mentions = read_openapi({"swagger": "2.0", "basePath": "/api/v2", "paths": {"/x": {"get": {}}}}, URL, BASE)
    assert mentions is not None
    assert mentions.leads[0].url == "http://h/api/v2/x"


def test_a_server_elsewhere_is_not_followed() -> None:
    elsewhere = DOCUMENT | {"servers": [{"url": "http://elsewhere/api"}]}
    mentions = read_openapi(elsewhere, URL, BASE)
    assert mentions is not None
    assert mentions.leads == ()


@pytest.mark.parametrize("document", [None, [], {}, {"paths": []}, "text"])
def test_anything_else_is_no_such_document(document: object) -> None:
    assert read_openapi(document, URL, BASE) is None


def test_broken_parts_are_stepped_over() -> None:
    broken = {
        "servers": "?",
        "paths": {"/x": 7, "/y": {"get": {"parameters": "?"}}},
        "components": {"securitySchemes": 1},
    }
    mentions = read_openapi(broken, URL, BASE)
    assert mentions is not None
    assert [lead.url for lead in mentions.leads] == ["http://h/y"]
