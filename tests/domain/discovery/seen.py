"""Cases with a collection that is known already, for what is found out beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.exchange import Answer, Headers, Probe, Question, answered
from datasync_crawler.domain.discovery.keyways import KeyWay
from datasync_crawler.domain.discovery.routes import Lead, Route
from datasync_crawler.domain.profile import Credential, Evidence
from tests.domain.discovery.answers import NOW, answer_to, events, page, probe

HOME = "http://h/api"
KEY = Credential("header", "X-Key")
CODE = Evidence("bundle", "/app.js:1")


def route(path: str, *params: str, headers: Headers = (), source: str = "bundle", method: str = "GET") -> Route:
    """An address under the API, as code calls it."""
    found = Evidence(source, "/app.js:1")  # type: ignore[arg-type]
    url = HOME + path
    return Route(method, url, (Lead(method, url, params, found, headers),))


LIST = route("/events", "limit", "cursor")


def main_answer(count: int = 40, **headers: str) -> Answer:
    """The newest page of the collection, of so many rows out of very many."""
    asked = probe(url=f"{HOME}/events?limit=10000", credential=KEY, asked=10_000)
    return answer_to(asked, page(events(0, count)), **headers)


def case(*routes: Route, main: Answer | None = None, answers: Sequence[Answer] = (), **more: Any) -> Case:
    """What is known when the first page has come."""
    ways = (KeyWay(KEY, CODE),)
    return Case(HOME, "http://h/", (LIST, *routes), ways, answers=(main or main_answer(), *answers), **more)


def raw(sent: Probe, body: bytes, *, status: int = 200, **headers: str) -> Answer:
    """An answer with a body of any kind."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return answered(sent, status, named, body, 0.5, NOW)


def whole(body: bytes, *, status: int = 200, path: str = "/export", **headers: str) -> Answer:
    """The beginning of an answer that may give everything at once."""
    asked = probe(Question.WHOLE, path.strip("/"), url=HOME + path, credential=KEY, headers=(("Accept", "text/csv"),))
    return raw(asked, body, status=status, **headers)
