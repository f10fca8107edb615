"""Reading what people wrote about an API: its own description in JSON and its documents; weak words, to be tested."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from datasync_crawler.domain.discovery.harvest import sounds_like_key
from datasync_crawler.domain.discovery.routes import Lead, lead_from
from datasync_crawler.domain.profile import Evidence

_VERBS = "GET|POST|PUT|PATCH|DELETE"
_PATH_VALUE = re.compile(rf"(?:({_VERBS})\s+)?((?:https?://[\w.:-]+)?/[\w{{}}:./?=&-]*)")
_CALL_IN_TEXT = re.compile(rf"\b({_VERBS})\s+`?((?:https?://[\w.:-]+)?/[^\s`\"'<>|),;]+)")
_TABLE_NAME = re.compile(r"^[ \t]*(?:\||[-*])\s*`(\w[\w-]*)`", re.MULTILINE)
_QUERY_NAME = re.compile(r"[?&]([A-Za-z_][\w-]*)=")
_HEADER = re.compile(r"\b([A-Za-z]\w*(?:-\w+)+|Authorization)\b(?:\s*:\s*(Bearer|Basic|Token|ApiKey)\s)?")
_MOST = re.compile(r"(?:max(?:imum)?|up to|at most|capped at)\D{0,20}([\d,_]{2,9})", re.IGNORECASE)
_SPOKEN = re.compile(
    r"\b(?:send|sending|set|setting|add|adding|pass|passing|include|with|use)\b[^.`\n]{0,40}"
    r"`([A-Za-z][\w-]*-[\w-]+):\s*([\w./+-][\w ./+-]{0,60})`",
    re.IGNORECASE,
)
_COLON_PART = re.compile(r":(\w+)")


@dataclass(frozen=True, slots=True)
class KeyWord:
    """A word about how the key travels: the name of a header (with what stands before the key) or of a parameter."""

    place: str
    name: str
    evidence: Evidence
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Mentions:
    """What one text speaks of."""

    leads: tuple[Lead, ...] = ()
    keys: tuple[KeyWord, ...] = ()
    caps: tuple[int, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


def read_description(document: Any, base: str) -> Mentions:
    """What an API's answer about itself mentions: paths as endpoints, names of headers and parameters for the key."""
    leads: list[Lead | None] = []
    keys: list[KeyWord] = []
    for path, value, siblings in _texts(document):
        evidence = Evidence("answer", base + " " + ".".join(path), value)
        if match := _PATH_VALUE.fullmatch(value):
            method = match[1] or _verb(siblings)
            leads.append(lead_from(Lead(method, _rooted(match[2], base), (), evidence), base))
        elif any(sounds_like_key(part) or "header" in part.lower() for part in path):
            keys += [KeyWord("header", name, evidence, prefix) for name, prefix in _headers(value)]
            if "param" in path[-1].lower() or "query" in path[-1].lower():
                keys.append(KeyWord("query", value, evidence))
    return Mentions(tuple(lead for lead in leads if lead), tuple(keys))


def read_document(text: str, url: str, base: str) -> Mentions:
    """What a document at ``url`` mentions; every call takes the parameter names up to the next call."""
    calls = list(_CALL_IN_TEXT.finditer(text))
    ends = [match.start() for match in calls[1:]] + [len(text)]
    leads = [_written(match, text[match.end() : end], url, base) for match, end in zip(calls, ends, strict=True)]
    evidence = Evidence("document", url)
    headers = [KeyWord("header", name, evidence, prefix) for name, prefix in _headers(text) if sounds_like_key(name)]
    queries = [KeyWord("query", n, evidence) for n in _QUERY_NAME.findall(text) if sounds_like_key(n)]
    return Mentions(
        tuple(lead for lead in leads if lead),
        tuple(dict.fromkeys(headers + queries)),
        told_caps(text),
        told_headers(text),
    )


def read_refused(text: str, url: str) -> tuple[KeyWord, ...]:
    """What the refusal of a call without a key says about how the key should have come."""
    evidence = Evidence("answer", url, text[:200])
    headers = [KeyWord("header", name, evidence, prefix) for name, prefix in _headers(text) if sounds_like_key(name)]
    named = re.findall(r"\b([a-z]+(?:_[a-z]+)+|[a-z]+(?:[A-Z][a-z]+)+)\b", text)
    return tuple(
        headers + [KeyWord("query", name, evidence) for name in dict.fromkeys(named) if sounds_like_key(name)]
    )


def told_headers(text: str) -> tuple[tuple[str, str], ...]:
    """Headers with a value that a text tells to send."""
    return tuple(dict.fromkeys(_SPOKEN.findall(text)))


def told_caps(text: str) -> tuple[int, ...]:
    """Numbers that a text gives as a maximum, largest first."""
    numbers = {int(number.replace(",", "").replace("_", "") or 0) for number in _MOST.findall(text)}
    return tuple(sorted(numbers, reverse=True))


def _written(match: re.Match[str], section: str, url: str, base: str) -> Lead | None:
    names = tuple(dict.fromkeys(_TABLE_NAME.findall(section) + _QUERY_NAME.findall(match[2] + " " + section)))
    names = tuple(name for name in names if not sounds_like_key(name) or name.lower().endswith("token"))
    address = _rooted(match[2].rstrip("`.:"), base)
    return lead_from(Lead(match[1], address, names, Evidence("document", url, match[0])), base)


def _rooted(path: str, base: str) -> str:
    """A path under the API's base, whether it was written with the base's own path or without."""
    path = _COLON_PART.sub(r"{\1}", path) if not path.startswith("http") else path
    root = urlsplit(base).path.rstrip("/")
    first = "/" + root.lstrip("/").split("/")[0]
    if not path.startswith("/") or not root or path.startswith((root, first + "/")):
        return path
    return root + path


def _texts(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str, Any]]:
    members = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    for name, member in members:
        if isinstance(member, str):
            yield (*path, str(name)), member, node
        else:
            yield from _texts(member, (*path, str(name)))


def _verb(siblings: Any) -> str:
    values = siblings.values() if isinstance(siblings, Mapping) else ()
    return next(
        (value.upper() for value in values if isinstance(value, str) and value.upper() in _VERBS.split("|")), "GET"
    )


def _headers(text: str) -> list[tuple[str, str]]:
    found = [(match[1], f"{match[2]} " if match[2] else "") for match in _HEADER.finditer(text)]
    named = [(name, prefix) for name, prefix in found if name == "Authorization" or name[:1].isupper()]
    return list(dict.fromkeys(named))
