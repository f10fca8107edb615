from __future__ import annotations

from datasync_crawler.domain.discovery.exchange import SeenCall
from datasync_crawler.domain.discovery.keyways import key_ways, query_names
from datasync_crawler.domain.discovery.mentions import KeyWord
from datasync_crawler.domain.discovery.routes import Lead
from datasync_crawler.domain.profile import Credential, Evidence

SEEN = SeenCall(
    "GET",
    "http://h/api/things?limit=20",
    (("cookie", "dash={key}"), ("referer", "http://h/?k={key}"), ("x-access-key", "{key}")),
)
DOCUMENT = Evidence("document", "http://h/docs.md")


def _coded(*headers: tuple[str, str]) -> Lead:
    return Lead("GET", "http://h/api/things", (), Evidence("bundle", "a.js:1"), headers)


def test_what_the_browser_sent_goes_before_what_anything_tells() -> None:
    told = [KeyWord("header", "Authorization", DOCUMENT, "Bearer ")]
    ways = key_ways([SEEN], told, [])
    assert ways[0].credential == Credential("header", "x-access-key")
    assert ways[0].confidence > ways[1].confidence


def test_a_header_is_spelled_as_people_write_it() -> None:
    ways = key_ways([SEEN], [KeyWord("header", "X-Access-Key", DOCUMENT)], [])
    assert [way.credential for way in ways] == [Credential("header", "X-Access-Key")]


def test_a_cookie_counts_only_where_nothing_else_carries_the_key() -> None:
    alone = SeenCall("GET", "http://h/api/things", (("cookie", "theme=dark; dash={key}"),))
    assert all(way.credential.name != "Cookie" for way in key_ways([SEEN, alone], [], []))
    assert key_ways([alone], [], [])[0].credential == Credential("header", "Cookie", "dash=")


def test_a_key_in_the_query_of_a_call_is_seen() -> None:
    ways = key_ways([SeenCall("GET", "http://h/api/things?access_key={key}")], [], [])
    assert ways[0].credential == Credential("query", "access_key")


def test_words_before_the_key_are_kept() -> None:
    ways = key_ways([], [], [_coded(("Authorization", "Token {key}"))])
    assert ways[0].credential == Credential("header", "Authorization", "Token ")


def test_a_token_that_is_handed_out_is_no_way_for_the_key() -> None:
    ways = key_ways([], [], [_coded(("{tokenHeader}", "{token}"), ("X-Api-Key", "{apiKey}"))])
    assert [way.credential.name for way in ways] == ["X-Api-Key"]


def test_the_usual_ways_are_tried_when_nothing_speaks_of_the_key() -> None:
    ways = key_ways([], [], [])
    assert ways
    assert all(way.evidence.source == "default" for way in ways)


def test_spellings_of_the_header_are_worth_trying_in_the_query() -> None:
    names = query_names(key_ways([SEEN], [], []), ["accessKey", "tab"])
    assert names[:2] == ("access_key", "accessKey")
    assert "tab" not in names


def test_a_told_parameter_is_tried_first() -> None:
    ways = key_ways([SEEN], [KeyWord("query", "k", DOCUMENT)], [])
    assert query_names(ways, [])[0] == "k"
