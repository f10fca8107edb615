from __future__ import annotations

import pytest

from datasync_crawler.domain.discovery.mentions import read_description, read_document, read_refused, told_caps

BASE = "http://h/api/v1"

DOCUMENT = """
# API
Send `X-Access-Key: <your key>` or `?access_key=`.

### GET /api/v1/things
| Name | Means |
|---|---|
| `limit` | rows, max 1,000 |
| `cursor` | where to go on |

### POST /api/v1/submissions?github_repo=URL
One id a line.
"""


def test_paths_in_a_description_are_endpoints() -> None:
    document = {"endpoints": {"things": "/api/v1/things", "one": "/api/v1/things/:id"}, "name": "Things"}
    leads = read_description(document, BASE).leads
    assert [(lead.method, lead.url) for lead in leads] == [
        ("GET", "http://h/api/v1/things"),
        ("GET", "http://h/api/v1/things/{id}"),
    ]


def test_a_path_written_without_the_base_lies_under_it() -> None:
    document = {"routes": [{"path": "/things", "method": "post"}, "GET /things/latest"]}
    leads = read_description(document, BASE).leads
    assert [(lead.method, lead.url) for lead in leads] == [
        ("POST", "http://h/api/v1/things"),
        ("GET", "http://h/api/v1/things/latest"),
    ]


def test_a_description_tells_how_the_key_travels() -> None:
    keys = read_description({"authentication": {"method": "API Key", "header": "X-Access-Key"}}, BASE).keys
    assert [(key.place, key.name, key.prefix) for key in keys] == [("header", "X-Access-Key", "")]
    keys = read_description({"auth": "Authorization: Bearer <token>"}, BASE).keys
    assert [(key.place, key.name, key.prefix) for key in keys] == [("header", "Authorization", "Bearer ")]
    keys = read_description({"auth": {"queryParam": "access_key"}}, BASE).keys
    assert [(key.place, key.name) for key in keys] == [("query", "access_key")]


def test_a_document_names_calls_parameters_and_ways_of_the_key() -> None:
    mentions = read_document(DOCUMENT, "http://h/docs/api.md", BASE)
    things, submissions = mentions.leads
    assert (things.url, things.params) == ("http://h/api/v1/things", ("limit", "cursor"))
    assert (submissions.method, submissions.params) == ("POST", ("github_repo",))
    assert {(key.place, key.name) for key in mentions.keys} == {("header", "X-Access-Key"), ("query", "access_key")}
    assert mentions.caps == (1000,)


def test_an_address_of_another_origin_is_no_endpoint() -> None:
    assert read_description({"docs": "http://elsewhere/guide", "home": "https://h/api/v1/x"}, BASE).leads == ()


def test_a_refusal_tells_what_was_missing() -> None:
    words = read_refused('{"message":"Missing key. Send X-Access-Key or access_key"}', "http://h/api/v1/things")
    assert [(word.place, word.name) for word in words] == [("header", "X-Access-Key"), ("query", "access_key")]


@pytest.mark.parametrize(
    ("text", "caps"), [("max 5,000 rows", (5000,)), ("up to 200 or at most 100", (200, 100)), ("limit 7", ())]
)
def test_maxima_are_read_from_words(text: str, caps: tuple[int, ...]) -> None:
    assert told_caps(text) == caps
