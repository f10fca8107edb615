"""The ways a key may travel, best evidence first: seen in the browser, told by the API, read in code or documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec

from datasync_crawler.domain.discovery.exchange import SeenCall
from datasync_crawler.domain.discovery.harvest import sounds_like_key
from datasync_crawler.domain.discovery.leaves import words
from datasync_crawler.domain.discovery.mentions import KeyWord
from datasync_crawler.domain.discovery.routes import Lead
from datasync_crawler.domain.discovery.standin import KEY
from datasync_crawler.domain.profile import Credential, Evidence

_CONFIDENCE = {"capture": 0.95, "answer": 0.9, "bundle": 0.8, "document": 0.5, "default": 0.2}
_HOLE = re.compile(r"\{[^{}]+\}")
# These repeat the page's address, and with it whatever was in it.
_ECHOES = frozenset({"referer", "cookie", "origin"})
# Tried when nothing at all speaks of the key: the ways most services take one.
_USUAL_NAMES = ("api_key", "access_token")
_USUAL = (Credential("header", "Authorization", "Bearer "), Credential("header", "X-API-Key"))


@dataclass(frozen=True, slots=True)
class KeyWay:
    """A way the key may travel, and what speaks for it."""

    credential: Credential
    evidence: Evidence

    @property
    def confidence(self) -> float:
        """How far the evidence goes by itself, from 0 to 1."""
        return _CONFIDENCE.get(self.evidence.source, 0.0)


def key_ways(calls: Sequence[SeenCall], words_about: Iterable[KeyWord], leads: Iterable[Lead]) -> tuple[KeyWay, ...]:
    """All ways that anything speaks for, best first and each once; the usual ones when nothing does."""
    ways = [*_seen(calls), *(_told(word) for word in words_about), *_coded(leads)]
    ways.sort(key=lambda way: (-way.confidence, way.credential.place))
    best: dict[tuple[str, str, str], KeyWay] = {}
    for way in ways:
        best.setdefault((way.credential.place, way.credential.name.lower(), way.credential.prefix), way)
    if not best:
        return tuple(KeyWay(credential, Evidence("default", "usual ways")) for credential in _USUAL)
    return tuple(_spelled(way, ways) for way in best.values())


def _spelled(way: KeyWay, ways: Sequence[KeyWay]) -> KeyWay:
    """The way with its header's name as people write it: a browser tells it in lower case."""
    name = way.credential.name
    written = (other.credential.name for other in ways if other.credential.name.lower() == name)
    spelled = next((other for other in written if other != name), name)
    return replace(way, credential=msgspec.structs.replace(way.credential, name=spelled))


def query_names(ways: Sequence[KeyWay], sign_in_names: Sequence[str]) -> tuple[str, ...]:
    """Query parameters worth trying for the key: those told of, spellings of the header's name, the page's own."""
    told = [way.credential.name for way in ways if way.credential.place == "query"]
    header = next((way.credential.name for way in ways if way.credential.place == "header"), "")
    page = [name for name in sign_in_names if sounds_like_key(name)]
    return tuple(dict.fromkeys([*told, *_spellings(header), *page, *_USUAL_NAMES]))


def _seen(calls: Sequence[SeenCall]) -> list[KeyWay]:
    ways = []
    for call in calls:
        evidence = Evidence("capture", f"{call.method} {urlsplit(call.url).path}")
        ways += [
            KeyWay(Credential("header", name, value.partition(KEY)[0]), evidence)
            for name, value in call.headers
            if KEY in value and name.lower() not in _ECHOES
        ]
        query = parse_qsl(urlsplit(call.url).query)
        ways += [KeyWay(Credential("query", name), evidence) for name, value in query if KEY in value]
    return ways or _cookies(calls)


def _cookies(calls: Sequence[SeenCall]) -> list[KeyWay]:
    """A cookie with the key counts only where the key is sent in no other way."""
    ways = []
    for call in calls:
        cookies = "; ".join(value for name, value in call.headers if name.lower() == "cookie").split("; ")
        evidence = Evidence("capture", f"{call.method} {urlsplit(call.url).path}")
        pairs = [cookie.partition("=") for cookie in cookies if KEY in cookie]
        ways += [KeyWay(Credential("header", "Cookie", f"{name}="), evidence) for name, _, _ in pairs]
    return ways


def _told(word: KeyWord) -> KeyWay:
    place: Literal["header", "query"] = "header" if word.place == "header" else "query"
    return KeyWay(Credential(place, word.name, word.prefix), word.evidence)


def _coded(leads: Iterable[Lead]) -> list[KeyWay]:
    ways = []
    for lead in leads:
        if lead.evidence.source != "bundle":
            continue
        for name, value in lead.headers:
            hole = _HOLE.search(value)
            if hole and "{" not in name and sounds_like_key(name) and sounds_like_key(hole[0] + name):
                ways.append(KeyWay(Credential("header", name, value[: hole.start()]), lead.evidence))
    return ways


def _spellings(header: str) -> list[str]:
    parts = [part for part in re.split(r"[-_]", header.lower()) if part and part != "x"]
    if not parts or words(header) == {"authorization"}:
        return []
    return ["_".join(parts), parts[0] + "".join(part.title() for part in parts[1:])]
