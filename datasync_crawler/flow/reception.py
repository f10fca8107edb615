"""Reception: what every answer means for its shard, its lane and its budget."""

from __future__ import annotations

import logging
from dataclasses import replace
from http import HTTPStatus

from datasync_crawler.domain.asking import Ask
from datasync_crawler.domain.ending import Belief, believe
from datasync_crawler.domain.errors import Malformed, PageError, RowsRejected, Shapeless
from datasync_crawler.domain.headtotal import headed
from datasync_crawler.domain.judging import EMPTY, Misplaced, ends, judge, sharpened, stays
from datasync_crawler.domain.links import followed
from datasync_crawler.domain.mending import read_mended
from datasync_crawler.domain.page import Page, StoredPage
from datasync_crawler.domain.ratelimit import speaks_of_rates
from datasync_crawler.domain.shard import Checkpoint
from datasync_crawler.flow.answers import BLAME, Answer, Meaning, meaning
from datasync_crawler.flow.barring import barred
from datasync_crawler.flow.borders import own_rows
from datasync_crawler.flow.courses import StreamAsk
from datasync_crawler.flow.handing import take_token, ungranted
from datasync_crawler.flow.hearing import cursor_came, cursor_refused, listen, refused
from datasync_crawler.flow.lanes import LiveLane
from datasync_crawler.flow.liveshard import LiveShard
from datasync_crawler.flow.noticing import moved, notice, return_home, settle
from datasync_crawler.flow.run import Call, Flying, Run
from datasync_crawler.flow.tokens import TokenAsk
from datasync_crawler.flow.vetting import check_age, check_rows

logger = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 20.0
# So often more a page is asked for whose rows cannot all be stored.
_LOOKS_AT_REJECTED = 2
_FULL, _FEW = 0.9, 0.1


class Reception:
    """Takes in the answers to a run's calls."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def heard(self, call: Call, answer: Answer) -> None:
        """An answer arrived: what it tells of the budget counts at once, before its rows are read."""
        if call in self._run.flying and meaning(answer) is not Meaning.REFUSED:
            listen(self._run, call, answer.headers)

    def answered(self, ask: Ask, answer: Answer) -> StoredPage | None:
        """A page's answer: gives what is to be stored, or None when the page has to be asked for again."""
        run = self._run
        flying = run.land(ask)
        if flying is None:
            return None
        lane, means = run.lanes[ask.lane], meaning(answer)
        if means is Meaning.REFUSED:
            refused(run, ask, answer, flying)
        elif means is Meaning.PAGE or means is Meaning.OUTSIDE:
            notice(run, lane, answer.headers)
            return self._read(ask, answer, flying)
        elif means is not Meaning.MOVED or not moved(run, lane, ask, answer):
            self._unanswered(ask, answer, flying)
        return None

    def _read(self, ask: Ask, answer: Answer, flying: Flying) -> StoredPage | None:
        run = self._run
        lane, live = run.lanes[ask.lane], run.shards[ask.shard]
        lane.largest = max(lane.largest, len(answer.body))
        try:
            # What could not be read twice stays so: then all of it that can be is.
            mending = max(ask.attempt, live.looks_at_rejected) >= _LOOKS_AT_REJECTED
            page = _page(lane, ask, answer, mending=mending) if meaning(answer) is Meaning.PAGE else EMPTY
            page = page if ask.start is None else replace(page, start=ask.start)
            return self._received(ask, page, flying, answer.body)
        except RowsRejected as error:
            logger.info("shard %s through %s is asked once more: %s", ask.shard, ask.lane, error)
        except PageError as error:
            if _no_page_at_all(error, lane, answer.body) and speaks_of_rates(answer.body):
                refused(run, ask, answer, flying)
                return None
            if isinstance(error, Misplaced) and live.led_back(lane.endpoint, chained=ask.chained):
                logger.warning("the cursors of %s lead back to where they came from", lane.endpoint.name)
            self._again(ask, str(error), flying, passing=not _no_page_at_all(error, lane, answer.body))
        return None

    def _unanswered(self, ask: Ask, answer: Answer, flying: Flying) -> None:
        run, means = self._run, meaning(answer)
        if means is Meaning.BAD_REQUEST:
            cursor_refused(run, ask, flying)
        passing = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        self._again(ask, f"status {answer.status}", flying, blamed=means in BLAME, passing=passing)
        if means in BLAME:
            barred(run, run.lanes[ask.lane], answer, flying)

    def failed(self, call: Call, reason: str) -> None:
        """A call ended without an answer."""
        run = self._run
        flying = run.land(call)
        if flying is None:
            return
        for budget in run.gate.counting(run.pool_of(call)):
            budget.failed()
        if isinstance(call, Ask):
            self._again(call, reason, flying, passing=True)
        elif isinstance(call, StreamAsk):
            run.courses[call.lane].broke(reason, run.clock.monotonic())
        else:
            ungranted(run, call, reason)

    def abandoned(self, call: Call) -> None:
        """A call is not waited for any more, as the crawl is being ended: that is no fault of its lane.

        No other call may leave in its place, as none would be waited for.
        """
        self._run.stop()
        self._run.land(call)

    def begun(self, call: StreamAsk, answer: Answer) -> bool:
        """The beginning of a stream's answer: whether its body is to be read; a part of everything is not."""
        run = self._run
        if call in run.flying and answer.status == HTTPStatus.OK:
            return True
        flying, means = run.land(call), meaning(answer)
        if flying is None:
            return False
        course = run.courses[call.lane]
        if means is Meaning.REFUSED:
            refused(run, call, answer, flying)
        course.broke(f"status {answer.status}", run.clock.monotonic(), blamed=means in BLAME)
        if means in BLAME:
            barred(run, course.live, answer, flying)
        return False

    def granted(self, call: TokenAsk, answer: Answer) -> str | None:
        """The answer to a call for a token: gives the token, or None when there is none in it."""
        flying = self._run.land(call)
        return None if flying is None else take_token(self._run, call, answer, flying)

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
        if run.agrees:
            run.shards.look_again()
        if run.met_again <= run.stored:
            run.progress_at = run.clock.monotonic()
        run.bell.ring()

    def _received(self, ask: Ask, page: Page, flying: Flying, body: bytes) -> StoredPage:
        run = self._run
        lane, live = run.lanes[ask.lane], run.shards[ask.shard]
        page = sharpened(page, lane.endpoint)
        if page.rejected and live.looks_at_rejected < _LOOKS_AT_REJECTED:
            live.looks_at_rejected += 1
            raise RowsRejected(f"{len(page.rejected)} rows cannot be stored ({page.rejected[0].reason})")
        live.looks_at_rejected = 0
        check_rows(ask, live, page)
        if run.shards.numbered and not run.upwards:
            check_age(ask, live, page)
        if ask.chained and page.ids and page.ids[-1] == live.shard.checkpoint.last_id:
            raise Misplaced("the server's cursor leads back to where it came from")
        checkpoint = self._judged(ask, live, lane, page)
        if len(page.ids) >= _FULL * lane.endpoint.cap:
            lane.flight.landed(run.clock.monotonic() - flying.left_at)
        if run.loading and checkpoint.proof is not None:
            page = own_rows(lane, live.shard, page, body)
        if checkpoint.cursor is not None and checkpoint is not live.shard.checkpoint:
            cursor_came(run, ask, flying, checkpoint, len(page.ids))
        live.advance(checkpoint, len(page.ids), ask.lane)
        settle(run, lane, ask)
        lane.succeeded()
        run.key_worked = True
        self._learn(page)
        run.unstored += 1
        return StoredPage(ask.shard, ask.generation, ask.lane, page, checkpoint)

    def _judged(self, ask: Ask, live: LiveShard, lane: LiveLane, page: Page) -> Checkpoint:
        shape, before = lane.endpoint.shape, live.shard.checkpoint
        now, margin = self._run.clock.wall(), self._run.cursor_margin
        after = judge(self._run.reach(live.shard), page, top=ask.top, answered_at=now, cursor_margin=margin)
        told = ends(page, asked=ask.limit, flagged=shape.has_more is not None, chained=shape.chained)
        told = told or stays(page, before, asked=ask.limit)
        # An empty page among others may be a slip, and is looked at again at once.
        live.void = told and not page.ids and (before.position is None or live.looks > 0)
        if after.proof or not told:
            live.trust(before, after, chained=ask.chained)
            return after
        now = self._run.clock.monotonic()
        # Upwards the few rows that come meanwhile move the end, and it is the same one still.
        few = len(page.ids) <= _FEW * ask.limit
        moves = self._run.upwards and (bool(self._run.agrees) or few)
        looks, seconds = live.doubt((None, None) if moves else (after.position, after.last_id), now)
        belief = believe(looks, seconds, agrees=self._run.agrees, below=self._run.shards.has_below(live))
        if belief is Belief.PROVEN:
            return after.proven(belief.value)
        # While pages wait for the ledger the totals cannot agree, and that tells nothing of the end.
        live.in_vain = belief is Belief.IN_VAIN and not self._run.unstored
        # Once the rows of this page are stored the count may prove the end without another call.
        counting = looks == 1 and bool(page.ids) and self._run.total is not None
        if looks > 1 or counting:
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

    def _again(self, ask: Ask, reason: str, flying: Flying, *, blamed: bool = False, passing: bool = False) -> None:
        run, now = self._run, self._run.clock.monotonic()
        live = run.shards[ask.shard]
        return_home(run, run.lanes[ask.lane], ask, passing=passing)
        live.attempt = ask.attempt + 1
        live.failed_through.add(ask.lane)
        live.not_before = now + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**ask.attempt)
        run.lanes[ask.lane].failed(reason, flying.left_at, now, blamed=blamed)
        logger.info("shard %s through %s is asked again (try %s): %s", ask.shard, ask.lane, live.attempt + 1, reason)
        run.bell.ring()


def _no_page_at_all(error: PageError, lane: LiveLane, body: bytes) -> bool:
    """Whether an answer is neither a page nor the beginning of one: only then its words are about the call."""
    if isinstance(error, Malformed):
        return not body.lstrip().startswith((b"{", b"["))
    rows = lane.endpoint.shape.rows
    return isinstance(error, Shapeless) and bool(rows) and f'"{rows[-1]}"'.encode() not in body


def _page(lane: LiveLane, ask: Ask, answer: Answer, *, mending: bool) -> Page:
    shape, headers = lane.endpoint.shape, answer.headers
    page = read_mended(lane.reader, answer.body) if mending else lane.reader.read(answer.body)
    return headed(followed(page, shape, ask.url, headers), shape, headers)
