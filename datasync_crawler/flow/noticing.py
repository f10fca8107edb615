"""Noticing: what answers tell beside their rows is followed where it must be, and kept as findings for later runs."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import msgspec

from datasync_crawler.domain.addresses import joined, told_address
from datasync_crawler.domain.asking import Ask
from datasync_crawler.domain.choices import origin_of
from datasync_crawler.domain.profile import LEAD, Evidence, Finding, Profile
from datasync_crawler.flow.answers import Answer
from datasync_crawler.flow.lanes import LiveLane
from datasync_crawler.flow.run import Run

logger = logging.getLogger(__name__)

_SURE, _PERHAPS = 0.95, 0.4
_MISSES = 4
_ADDRESS = re.compile(r"\s*<?((?:https?://[^\s<>\",;]+|/[\w.~-]+(?:/[\w.~-]+)+)(?:\?[^\s<>\"]*)?)(?:>.*|\s*)")
# What is made of arbitrary characters may look like an address.
_ARBITRARY = re.compile(r"etag|hash|digest|md5|signature|nonce|trace|-id$")
# Addresses that say where one is, or of other pages of the same list.
_HERE = frozenset({"location", "content-location", "report-to", "nel", "referer"})
_PAGING = re.compile(r'rel="?(?:next|prev|first|last|self)\b')


def moved(run: Run, lane: LiveLane, ask: Ask, answer: Answer) -> bool:
    """Whether an endpoint's new address was told, where all of its lanes ask from now on.

    Once a page came from there it stays so, also in later runs (:func:`settle`); a failure leads back
    (:func:`return_home`), as services also send those elsewhere whom they do not let in. The query of the address is
    not looked at: it repeats ours with whatever is secret in it. Another origin is none to send a key to.
    """
    known = lane.endpoint.url
    target = (told_address(known, answer.headers) or "").split("?")[0].split("#")[0]
    if lane.token is not None and lane.token.address is not None:
        return False
    if ask.url.split("?")[0] != known:
        return True
    if not target or target == known or target in run.dead_ends or origin_of(target) != origin_of(known):
        return False
    logger.info("%s is looked for at %s", lane.endpoint.name, target)
    run.dead_ends.add(known)
    for other in _at(run, known):
        other.moved_from = other.moved_from or known
        other.endpoint = msgspec.structs.replace(other.endpoint, url=target)
    return True


def settle(run: Run, lane: LiveLane, ask: Ask) -> None:
    """A page came: if it came from an endpoint's new address, that is where the endpoint is."""
    known, target = lane.moved_from, lane.endpoint.url
    if known is None or ask.url.split("?")[0] != target:
        return
    for other in _at(run, target):
        other.moved_from = None
    logger.warning("%s has moved to %s", lane.endpoint.name, target)
    said = Evidence("answer", f"GET {known}", f"redirected to {target}")
    _learn(run, Finding("moved", f"GET {target}", _SURE, (said,)), moves={known: target})


def return_home(run: Run, lane: LiveLane, ask: Ask, *, passing: bool) -> None:
    """A call failed: if it went to an endpoint's new address, its lanes ask at the old one again, and stay there.

    A failure that may be ``passing`` and tells nothing of the address has to come more often.
    """
    home, target = lane.moved_from, lane.endpoint.url
    if home is None or ask.url.split("?")[0] != target:
        return
    run.missed[target] += 1
    if passing and run.missed[target] < _MISSES:
        return
    run.dead_ends.add(target)
    for other in _at(run, target):
        other.endpoint, other.moved_from = msgspec.structs.replace(other.endpoint, url=home), None


def _at(run: Run, url: str) -> list[LiveLane]:
    return [lane for lane in run.lanes.values() if lane.endpoint.url == url]


def notice(run: Run, lane: LiveLane, headers: Mapping[str, str]) -> None:
    """Addresses of the API that an answer's headers name, and that discovery did not hear of, become leads.

    Each header's name is looked at once a run.
    """
    for name, value in headers.items():
        if name in run.headers_met:
            continue
        run.headers_met.add(name)
        for target in _addresses(name.lower(), value, lane.endpoint.url):
            if not _known(run.profile, target):
                logger.info("a header %s names %s, which the next discovery will look at", name, target)
                _learn(run, Finding(LEAD, target, _PERHAPS, (Evidence("answer", lane.endpoint.url, name),)))


def _addresses(name: str, value: str, base: str) -> Iterator[str]:
    """Same-origin addresses in a header's value, without their queries."""
    foreign = name.startswith(("access-control-", "content-security-", "set-cookie"))
    if name in _HERE or foreign or _ARBITRARY.search(name):
        return
    for part in value.split(","):
        found = None if _PAGING.search(part) else _ADDRESS.fullmatch(part)
        if found is not None:
            target = (joined(base, found[1]) or "").split("?")[0]
            if origin_of(target) == origin_of(base):
                yield target


def _known(profile: Profile, target: str) -> bool:
    path = urlsplit(target).path.rstrip("/")
    return any(
        path in text
        for finding in profile.findings
        for text in (finding.value, *(part for said in finding.evidence for part in (said.place, said.seen)))
    )


def _learn(run: Run, finding: Finding, moves: Mapping[str, str] | None = None) -> None:
    """Writes a finding into the profile, to be stored with the next page."""
    endpoints = tuple(
        msgspec.structs.replace(endpoint, url=(moves or {}).get(endpoint.url, endpoint.url))
        for endpoint in run.profile.endpoints
    )
    run.profile = msgspec.structs.replace(run.profile, endpoints=endpoints, findings=(*run.profile.findings, finding))
    run.profile_changed = True
    run.bell.ring()
