"""What makes answers larger or smaller: headers that lift the cap or the limit, parameters that leave fields out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.exchange import Answer, Headers, Probe, Question
from datasync_crawler.domain.discovery.leaves import words
from datasync_crawler.domain.discovery.probing import LARGE, limit_name, plain_probe, route_of, rows_probe, with_query
from datasync_crawler.domain.discovery.routes import Route

_FIELDS = frozenset({"fields", "select", "columns", "attributes"})
# Headers with fixed values that say nothing of what a caller may have.
_USUAL = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "authorization",
        "cache-control",
        "connection",
        "content-type",
        "cookie",
        "origin",
        "pragma",
        "referer",
        "user-agent",
        "x-requested-with",
    }
)
_FEW = 10
# Rows without most of their fields are worth asking for when they take less than this share of the bytes.
_SHRUNK = 0.7


def lifting_headers(case: Case, route: Route) -> Headers:
    """Headers with a fixed value that code sends with some call of the route, or that a text tells to send."""
    coded = [pair for lead in route.leads if lead.evidence.source == "bundle" for pair in lead.headers]
    taken = _USUAL | {way.credential.name.lower() for way in case.ways}
    fixed = [(name, value) for name, value in (*coded, *case.spoken_headers) if "{" not in name + value]
    return tuple({name.lower(): (name, value) for name, value in fixed if name.lower() not in taken}.values())


def ask_lift(case: Case, main: Answer) -> Iterator[Probe]:
    """A full page with the headers that may lift something, once."""
    route = route_of(case, main)
    headers = lifting_headers(case, route)
    if headers and main.probe.credential is not None and not case.heard(Question.LIFT):
        probe = rows_probe(route, main.probe.credential, Question.LIFT, LARGE)
        yield replace(probe, headers=headers, pool=f"{route.name}-lifted")


def ask_sparse(case: Case, main: Answer) -> Iterator[Probe]:
    """A few rows with no more fields than are needed, once, where code names a parameter for that."""
    route, shape = route_of(case, main), main.shown.shape
    name = fields_name(route)
    if name is None or case.heard(Question.SPARSE):
        return
    fields = ",".join(field for field in (shape.id, shape.time) if field)
    url = with_query(route.url, [(limit_name(route), str(_FEW)), (name, fields)])
    yield replace(plain_probe(route, main.probe.credential, Question.SPARSE), url=url, asked=_FEW)


def fields_name(route: Route) -> str | None:
    """The parameter that chooses fields, as code or calls name it."""
    named = [name for lead in route.leads if lead.evidence.source != "document" for name in lead.params]
    return next((name for name in named if words(name) & _FIELDS), None)


def sparse_params(case: Case, main: Answer) -> tuple[tuple[str, str], ...]:
    """The parameters that were seen to shrink rows to the fields that are needed; none where they do not."""
    shape = main.shown.shape
    for answer in case.asked(Question.SPARSE, main.probe.endpoint):
        name = fields_name(route_of(case, answer))
        listing = answer.listing
        same = listing is not None and (listing.shape.id, listing.shape.time) == (shape.id, shape.time)
        if name and same and _bytes_a_row(answer) < _SHRUNK * _bytes_a_row(main):
            return ((name, ",".join(field for field in (shape.id, shape.time) if field)),)
    return ()


def _bytes_a_row(answer: Answer) -> float:
    return len(answer.body) / max(1, len(answer.shown.page.ids))
