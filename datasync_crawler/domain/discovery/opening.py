"""Opening a case: everything that was seen without the key, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from datasync_crawler.domain.bundle import CodeCall
from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.exchange import Answer, SeenCall
from datasync_crawler.domain.discovery.keyways import key_ways, query_names
from datasync_crawler.domain.discovery.mentions import Mentions, read_description, read_document, read_refused
from datasync_crawler.domain.discovery.openapi import read_openapi
from datasync_crawler.domain.discovery.routes import Lead, code_leads, gather, seen_leads, written_leads
from datasync_crawler.domain.discovery.standin import KEY


@dataclass(frozen=True, slots=True)
class Script:
    """A script's address, the calls its code makes, the names it reads from its page's URL, the paths it writes."""

    url: str
    calls: tuple[CodeCall, ...] = ()
    names: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sightings:
    """All that is known without the key: the API's description of itself, calls in the browser, scripts, documents.

    ``documents`` are pairs of address and text; ``echo`` the shortest time of any answer in seconds; ``leads`` what an
    earlier drain met.
    """

    api_base: str
    dashboard: str
    description: Any = None
    calls: tuple[SeenCall, ...] = ()
    scripts: tuple[Script, ...] = ()
    documents: tuple[tuple[str, str], ...] = ()
    echo: float = 0.05
    warnings: tuple[str, ...] = ()
    leads: tuple[Lead, ...] = ()


def open_case(seen: Sightings, knocks: Sequence[Answer] = ()) -> Case:
    """The case as it stands before the first call with the key; ``knocks`` are answers to calls without one."""
    mentions = _mentions(seen)
    homes = (seen.api_base, seen.dashboard)
    code = [lead for script in seen.scripts for lead in code_leads(script.calls, script.url, seen.dashboard, homes)]
    code += [lead for script in seen.scripts for lead in written_leads(script.paths, script.url, seen.api_base, code)]
    leads = [
        *seen_leads(seen.calls, homes),
        *code,
        *seen.leads,
        *(lead for mention in mentions for lead in mention.leads),
    ]
    told = [word for mention in mentions for word in mention.keys]
    told += [word for knock in knocks if knock.refused for word in _refusal(knock)]
    ways = key_ways(seen.calls, told, leads)
    names = [name for script in seen.scripts for name in script.names]
    return Case(
        api_base=seen.api_base,
        dashboard=seen.dashboard,
        routes=gather(leads),
        ways=ways,
        query_names=query_names(ways, names),
        browser_headers=_browser_headers(seen.calls),
        caps=tuple(cap for mention in mentions for cap in mention.caps),
        spoken_headers=tuple(dict.fromkeys(pair for mention in mentions for pair in mention.headers)),
        knocks=tuple(knocks),
        echo=min([seen.echo, *(knock.seconds for knock in knocks if knock.status)]),
        warnings=seen.warnings,
    )


def _mentions(seen: Sightings) -> list[Mentions]:
    described = read_description(seen.description, seen.api_base)
    return [described, *(_document(text, url, seen.api_base) for url, text in seen.documents)]


def _document(text: str, url: str, base: str) -> Mentions:
    try:
        formal = read_openapi(msgspec.json.decode(text), url, base)
    except (ValueError, RecursionError):
        formal = None
    return formal or read_document(text, url, base)


def _refusal(knock: Answer) -> Sequence[Any]:
    return read_refused(knock.body.decode(errors="replace"), knock.probe.url)


def _browser_headers(calls: Sequence[SeenCall]) -> tuple[tuple[str, str], ...]:
    """The headers that the page's calls carry, those of calls with the key first."""
    merged: dict[str, str] = {}
    for call in sorted(calls, key=lambda call: KEY not in repr(call.headers)):
        for name, value in call.headers:
            merged.setdefault(name.lower(), value)
    return tuple(sorted(merged.items()))
