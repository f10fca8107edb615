"""Handing out: what the answers to calls for tokens mean for the lanes that wait for one."""

from __future__ import annotations

import logging
from http import HTTPStatus

from datasync_crawler.domain.addresses import joined
from datasync_crawler.domain.choices import origin_of
from datasync_crawler.domain.granting import read_grant
from datasync_crawler.flow.answers import BLAME, Answer, Meaning, meaning
from datasync_crawler.flow.barring import blamed
from datasync_crawler.flow.hearing import refused
from datasync_crawler.flow.lanes import LiveLane
from datasync_crawler.flow.run import Flying, Run
from datasync_crawler.flow.tokens import TokenAsk

logger = logging.getLogger(__name__)


def take_token(run: Run, call: TokenAsk, answer: Answer, flying: Flying) -> str | None:
    """The token in an answer, with its life and address noted; None when there is none, and the lanes know why."""
    endpoint = run.profile.endpoint(call.endpoint)
    assert endpoint.grant is not None
    if meaning(answer) is Meaning.REFUSED:
        refused(run, call, answer, flying)
    grant = read_grant(endpoint.grant, answer.body) if answer.status < HTTPStatus.MULTIPLE_CHOICES else None
    if grant is None:
        ungranted(run, call, f"status {answer.status}")
        if meaning(answer) in BLAME:
            for lane in _behind(run, call):
                lane.failed(lane.trouble, flying.left_at, run.clock.monotonic(), blamed=True)
            blamed(run, answer)
        return None
    token = run.tokens[call.endpoint]
    token.granted(grant.life, run.clock.monotonic())
    token.address = _same_origin(endpoint.url, grant.endpoint)
    run.bell.ring()
    return grant.token


def ungranted(run: Run, call: TokenAsk, reason: str) -> None:
    """A call for a token brought none."""
    run.tokens[call.endpoint].failed(run.clock.monotonic())
    for lane in _behind(run, call):
        lane.trouble = f"no token: {reason}"
    logger.info("no token for %s: %s", call.endpoint, reason)
    run.bell.ring()


def _behind(run: Run, call: TokenAsk) -> list[LiveLane]:
    return [lane for lane in run.lanes.values() if lane.endpoint.name == call.endpoint]


def _same_origin(url: str, address: str | None) -> str | None:
    """The address that a grant names, None where it names none or one where the key has no business."""
    if address is None:
        return None
    named = joined(url, address)
    if named is not None and origin_of(named) == origin_of(url):
        return named
    logger.warning("a token came for an address of another origin, which is not followed")
    return None
