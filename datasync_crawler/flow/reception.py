"""Reception: what every answer means for its shard, its lane and its budget."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urljoin

from datasync_crawler.domain.asking import Ask
from datasync_crawler.domain.choices import origin_of
from datasync_crawler.domain.ending import Belief, believe
from datasync_crawler.domain.errors import KeyExpired, KeyRefused, PageError, RowsRejected
from datasync_crawler.domain.granting import read_grant
from datasync_crawler.domain.judging import EMPTY, Misplaced, ends, judge, sharpened
from datasync_crawler.domain.page import Page, StoredPage
from datasync_crawler.domain.shard import Checkpoint
from datasync_crawler.flow.answers import Answer, Meaning, meaning
from datasync_crawler.flow.courses import StreamAsk
from datasync_crawler.flow.hearing import listen, refused
from datasync_crawler.flow.lanes import LiveLane
from datasync_crawler.flow.run import Call, Flying, Run
from datasync_crawler.flow.shards import LiveShard
from datasync_crawler.flow.tokens import TokenAsk

logger = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 20.0
# So many rounds in a row that blame the key, in every lane, end the run.
_STRIKES = 4
# So often more a page is asked for whose rows cannot all be stored.
_LOOKS_AT_REJECTED = 2
_EXPIRED = re.compile(rb"expired", re.IGNORECASE)
_BLAME = frozenset({Meaning.FORBIDDEN, Meaning.UNAUTHORISED})
_FULL = 0.9


class Reception:
    """Takes in the answers to a run's calls."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def heard(self, call: Call, headers: Mapping[str, str], status: int) -> None:
        """An answer arrived: what it tells of the budget counts at once, before its body is read."""
        if call in self._run.flying and meaning(status) is not Meaning.REFUSED:
            listen(self._run, call, headers)

    def answered(self, ask: Ask, answer: Answer) -> StoredPage | None:
        """A page's answer: gives what is to be stored, or None when the page has to be asked for again."""
        run = self._run
        flying = run.land(ask)
        if flying is None:
            return None
        lane, live = run.lanes[ask.lane], run.shards[ask.shard]
        means = meaning(answer.status)
        if means is Meaning.REFUSED:
            refused(run, ask, answer, flying)
            return None
        try:
            if means is Meaning.PAGE or means is Meaning.OUTSIDE:
                page = lane.reader.read(answer.body) if means is Meaning.PAGE else EMPTY
                return self._received(ask, replace(page, start=ask.start), flying)
        except RowsRejected as error:
            logger.info("shard %s through %s is asked once more: %s", ask.shard, ask.lane, error)
            return None
        except PageError as error:
            if isinstance(error, Misplaced) and live.led_back(lane.endpoint, chained=ask.chained):
                logger.warning("the cursors of %s lead back to where they came from", lane.endpoint.name)
            self._again(ask, str(error), flying)
            return None
        if means is Meaning.BAD_REQUEST:
            live.forget_cursor()
        blamed = means in _BLAME
        self._again(ask, f"status {answer.status}", flying, blamed=blamed)
        if blamed:
            self._barred(lane, answer, flying)
        return None

    def failed(self, call: Call, reason: str) -> None:
        """A call ended without an answer."""
        run = self._run
        flying = run.land(call)
        if flying is None:
            return
        for budget in run.gate.counting(run.pool_of(call)):
            budget.failed()
        if isinstance(call, Ask):
            self._again(call, reason, flying)
        elif isinstance(call, StreamAsk):
            run.courses[call.lane].broke(reason, run.clock.monotonic())
        else:
            self._ungranted(call, reason)

    def begun(self, call: StreamAsk, answer: Answer) -> bool:
        """The beginning of a stream's answer: whether its body is to be read."""
        run = self._run
        if call in run.flying and meaning(answer.status) is Meaning.PAGE:
            return True
        flying = run.land(call)
        if flying is not None:
            if meaning(answer.status) is Meaning.REFUSED:
                refused(run, call, answer, flying)
            run.courses[call.lane].broke(f"status {answer.status}", run.clock.monotonic())
        return False

    def granted(self, call: TokenAsk, answer: Answer) -> str | None:
        """The answer to a call for a token: gives the token, or None when there is none in it."""
        run = self._run
        flying = run.land(call)
        if flying is None:
            return None
        endpoint = run.profile.endpoint(call.endpoint)
        assert endpoint.grant is not None
        if meaning(answer.status) is Meaning.REFUSED:
            refused(run, call, answer, flying)
        grant = read_grant(endpoint.grant, answer.body) if answer.status < 300 else None  # noqa: PLR2004 - HTTP's own
        if grant is None:
            self._ungranted(call, f"status {answer.status}")
            if meaning(answer.status) in _BLAME:
                for lane in self._behind(call):
                    lane.failed(lane.trouble, flying.left_at, run.clock.monotonic(), blamed=True)
                self._blamed(answer)
            return None
        token = run.tokens[call.endpoint]
        token.granted(grant.life, run.clock.monotonic())
        token.address = _same_origin(endpoint.url, grant.endpoint)
        run.bell.ring()
        return grant.token

    def stored(self, inserted: int, met: int = 0, lane: str = "") -> None:
        """A page of a lane was committed with so many new rows and so many that were there already.

        A chain that has to begin again meets every row stored so far; one that meets more goes round in circles, and
        that is no progress.
        """
        run = self._run
        run.stored += inserted
        run.unstored -= lane not in run.courses
        if lane in run.courses:
            run.courses[lane].stored(inserted)
        run.met_again = 0 if inserted else run.met_again + met
        run.refused_in_vain = 0
        if run.met_again <= run.stored:
            run.progress_at = run.clock.monotonic()
        run.bell.ring()

    def _received(self, ask: Ask, page: Page, flying: Flying) -> StoredPage:
        run = self._run
        lane, live = run.lanes[ask.lane], run.shards[ask.shard]
        page = sharpened(page, lane.endpoint)
        if page.rejected and live.looks_at_rejected < _LOOKS_AT_REJECTED:
            live.looks_at_rejected += 1
            raise RowsRejected(f"{len(page.rejected)} rows cannot be stored ({page.rejected[0].reason})")
        live.looks_at_rejected = 0
        if ask.chained and page.ids and page.ids[-1] == live.shard.checkpoint.last_id:
            raise Misplaced("the server's cursor leads back to where it came from")
        checkpoint = self._judged(ask, live, lane, page)
        live.advance(checkpoint, len(page.ids), ask.lane)
        lane.succeeded()
        run.key_worked = True
        self._learn(page)
        if len(page.ids) >= _FULL * ask.limit:
            lane.flight.landed(run.clock.monotonic() - flying.left_at)
        run.unstored += 1
        return StoredPage(ask.shard, ask.generation, ask.lane, page, checkpoint)

    def _judged(self, ask: Ask, live: LiveShard, lane: LiveLane, page: Page) -> Checkpoint:
        shape, before = lane.endpoint.shape, live.shard.checkpoint
        now, margin = self._run.clock.wall(), self._run.cursor_margin
        after = judge(self._run.reach(live.shard), page, top=ask.top, answered_at=now, cursor_margin=margin)
        told = ends(page, asked=ask.limit, flagged=shape.has_more is not None, chained=shape.next_cursor is not None)
        live.void = told and not page.ids
        if after.proof or not told:
            live.trust()
            return after
        now = self._run.clock.monotonic()
        looks, seconds = live.doubt((after.position, after.last_id), now)
        belief = believe(looks, seconds, agrees=self._run.agrees, below=self._run.shards.has_below(live))
        if belief is Belief.PROVEN:
            return after.proven(belief.value)
        live.in_vain = belief is Belief.IN_VAIN
        if looks > 1:
            live.not_before = now + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**looks)
        # A chain that cannot be entered anywhere is looked at again from the page before.
        return after if lane.endpoint.positionable or self._run.shards.numbered else before

    def _learn(self, page: Page) -> None:
        run = self._run
        if page.newest is not None and not run.shards.numbered:
            run.newest = page.newest if run.newest is None else max(run.newest, page.newest)
        if page.total is not None:
            # Some services count only what a filter or a cursor leaves, so the largest total is that of the whole.
            run.told = page.total if run.told is None else max(run.told, page.total)

    def _again(self, ask: Ask, reason: str, flying: Flying, *, blamed: bool = False) -> None:
        run, now = self._run, self._run.clock.monotonic()
        live = run.shards[ask.shard]
        live.attempt = ask.attempt + 1
        live.failed_through.add(ask.lane)
        live.not_before = now + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**ask.attempt)
        run.lanes[ask.lane].failed(reason, flying.left_at, now, blamed=blamed)
        logger.info("shard %s through %s is asked again (try %s): %s", ask.shard, ask.lane, live.attempt + 1, reason)
        run.bell.ring()

    def _barred(self, lane: LiveLane, answer: Answer, flying: Flying) -> None:
        if lane.token is not None:
            lane.token.refused(flying.token)
        self._blamed(answer)

    def _blamed(self, answer: Answer) -> None:
        """Ends the run once the key opens no lane that has work."""
        useful = [lane for lane in self._run.lanes.values() if self._run.shards.has_work(lane.endpoint)]
        if any(lane.strikes < _STRIKES for lane in useful):
            return
        if _EXPIRED.search(answer.body) or self._run.key_worked:
            self._run.stop(KeyExpired(f"the service no longer takes the key (status {answer.status})"))
        else:
            self._run.stop(KeyRefused(f"the service does not take the key (status {answer.status})"))

    def _ungranted(self, call: TokenAsk, reason: str) -> None:
        run = self._run
        run.tokens[call.endpoint].failed(run.clock.monotonic())
        for lane in self._behind(call):
            lane.trouble = f"no token: {reason}"
        logger.info("no token for %s: %s", call.endpoint, reason)
        run.bell.ring()

    def _behind(self, call: TokenAsk) -> list[LiveLane]:
        return [lane for lane in self._run.lanes.values() if lane.endpoint.name == call.endpoint]


def _same_origin(url: str, address: str | None) -> str | None:
    """The address that a grant names, None where it names none or one where the key has no business."""
    if address is None:
        return None
    named = urljoin(url, address)
    if origin_of(named) == origin_of(url):
        return named
    logger.warning("a token came for an address of another origin, which is not followed")
    return None
