"""What the answers prove: whether made cursors stand, which ends the filters include, what a lane was told."""

from __future__ import annotations

from datasync_crawler.domain.discovery.case import Case
from datasync_crawler.domain.discovery.exchange import Answer, Probe, Question
from datasync_crawler.domain.discovery.numbers import Numbered, read_number
from datasync_crawler.domain.discovery.position import Ends, read_ends, stands

_UNTRIED = Ends(None, None)


def position_proven(case: Case, endpoint: str) -> bool | None:
    """Whether cursors of our own making work there; None when no answer tells."""
    main = case.main
    if main is None or main.listing is None:
        return None
    asked = [*case.asked(Question.QUERY, endpoint), *case.asked(Question.POSITION, endpoint)]
    judged = [
        stands(a.shown, a.probe.high, main.listing) for a in asked if tells_place(a) and a.probe.high is not None
    ]
    return any(judged) if judged else None


def tells_place(answer: Answer) -> bool:
    """Whether an answer to a cursor of our own making shows where that led: rows with times."""
    return answer.probe.high is not None and answer.listing is not None and bool(answer.listing.dated)


def proven_ends(case: Case, endpoint: str) -> tuple[Ends, Probe | None]:
    """What the filters by time do there, and the probe that shows the form that they take."""
    for answer in reversed(case.asked(Question.RANGE, endpoint)):
        ends = ends_of(answer)
        if ends != _UNTRIED:
            return ends, answer.probe
    return _UNTRIED, None


def ends_of(answer: Answer) -> Ends:
    """What the filters by time did to the answer of a probe between two times."""
    low, high = answer.probe.low, answer.probe.high
    if answer.listing is None or low is None or high is None:
        return _UNTRIED
    return read_ends(answer.listing, low, high, answer.probe.asked or 0)


def proven_number(case: Case, endpoint: str) -> Numbered | None:
    """How pages are asked for by number there; None where nothing shows that they can be."""
    main = case.main
    if main is None:
        return None
    shown = (read_number(answer, main) for answer in case.asked(Question.NUMBER, endpoint))
    return next((found for found in shown if found), None)


def query_answer(case: Case) -> Answer | None:
    """The answer that shows the key to be taken in the query of the collection that is drained."""
    main = case.main
    asked = case.asked(Question.QUERY, main.probe.endpoint) if main else ()
    return next((answer for answer in asked if answer.ok and answer.listing), None)


def feed_answer(case: Case, name: str) -> Answer | None:
    """The fullest page of the handed-out endpoint."""
    pages = [answer for answer in case.asked(Question.POSITION, name) if answer.listing]
    return max(pages, key=lambda answer: len(answer.shown.page.ids), default=None)


def lane_answers(case: Case, pool: str) -> tuple[Answer, ...]:
    """All answers to probes of one lane, in order."""
    names = {pool, *other_names(case, pool)}
    return tuple(answer for answer in case.answers if answer.probe.pool in names)


def other_names(case: Case, pool: str) -> tuple[str, ...]:
    """Further names under which probes were sent that count against the pool: a header lifted the cap alone."""
    main, plain = case.main, case.plain
    if main is None or plain is None or main is plain or case.limit_lifted or main.probe.pool != pool:
        return ()
    return (plain.probe.pool,)
