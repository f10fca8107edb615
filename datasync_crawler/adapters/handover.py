"""One handing-in, from the look at what is left to the written outcome: spent at most once per intent."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from datasync_crawler.adapters.call_book import Call
from datasync_crawler.adapters.submission import NoReply, Reply
from datasync_crawler.adapters.submission_book import SubmissionIntent
from datasync_crawler.adapters.upload import checked, watched
from datasync_crawler.domain.errors import (
    DatasyncError,
    LedgerError,
    NotComplete,
    SubmissionRefused,
    SubmissionTooSoon,
    SubmissionUnknown,
)
from datasync_crawler.domain.receipts import Receipt, Verdict, explain, judge, read_listing, read_receipt, refusal
from datasync_crawler.domain.spellings import spellings
from datasync_crawler.domain.submission import (
    ACCEPTED,
    REFUSED,
    UNKNOWN,
    IdSet,
    accepted,
    counted,
    listing_json,
    open_questions,
    read_kept_listing,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from datasync_crawler.adapters.ledger import Ledger
    from datasync_crawler.adapters.submission import SubmissionDesk
    from datasync_crawler.adapters.submission_book import SubmissionRecord
    from datasync_crawler.domain.receipts import Listing

_LOOKS = "submission look"
_POOL = "submissions"
_LONGEST_KEPT = 4096
# So often a submission that came too soon is waited with, and for no longer than so many seconds.
_MOST_WAITS, _LONGEST_WAIT = 4, 120.0


@dataclass(frozen=True, slots=True)
class Offer:
    """What is to be handed in: a set of ids, for a repository; ``partial`` when it is knowingly not all."""

    ids: IdSet
    repo: str
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """A submission that counts, for ``repo``, at wall time ``at``: made now or, with ``already``, before."""

    receipt: Receipt
    repo: str
    at: float
    already: bool = False


@dataclass(frozen=True, slots=True)
class Handover:
    """Hands in at one desk with one key, on one ledger; the caller holds the lock on submissions.

    ``key`` is the key's SHA-256, ``secret`` what must not be kept of an answer. A service that took a whole body and
    did not answer, or said neither yes nor no, or whose answer nobody waited for, may still be at it: that it has not
    counted it is believed only when it says so ``pause`` seconds later as well. So long, and each time twice as long,
    is waited when calls were too many and no wait is told.
    """

    ledger: Ledger
    desk: SubmissionDesk
    key: str
    secret: str
    say: Callable[[str], None]
    pause: float = 5.0

    def hand_in(self, offer: Offer, *, again: bool = False) -> Accepted:
        """Hands in once, or tells that it was done before.

        Raises SubmissionUnknown when the outcome (also of an earlier attempt, unless ``again``) cannot be found out,
        SubmissionRefused, KeyRefused or KeyExpired as the service says, NotComplete when the table has changed.
        """
        if (done := self._done(offer)) is not None:
            return done
        past = self.ledger.submissions()
        before = self._look_for(past)
        self._settle_open(past, before)
        if (done := self._done(offer)) is not None:
            return done
        past = self.ledger.submissions()
        if not again and any(offer.ids.is_that_of(past[position]) for position in open_questions(past)):
            raise SubmissionUnknown(_unknown("these ids were sent before"))
        return self._send_in_time(offer, before, len(past))

    def _send_in_time(self, offer: Offer, before: Listing | None, position: int) -> Accepted:
        """Sends, and again after a wait when it came too soon and a look does not find it counted all the same."""
        tried = 0
        while True:
            self._check_left(before)
            try:
                return self._send(offer, before, position + tried)
            except SubmissionTooSoon as later:
                wait = self.pause * 2**tried if later.wait is None else later.wait
                if wait > _LONGEST_WAIT or tried == _MOST_WAITS:
                    raise
                self.say(f"{later}; again in {wait:.0f} s")
                time.sleep(wait)
            after, past = self._look(), self.ledger.submissions()
            if self._counted(past, position + tried, after):
                return self._settled(past[position + tried], after, "refused for its rate, and counted all the same")
            # A look that is refused for its rate tells nothing; what was seen before holds.
            before = before if after is None else after
            if tried:
                # Right behind a look it came too soon again.
                time.sleep(wait)
            tried += 1

    def _done(self, offer: Offer) -> Accepted | None:
        record = accepted(self.ledger.submissions(), offer.ids)
        if record is None:
            return None
        return Accepted(Receipt(count=record.intent.count), record.intent.repo, record.intent.at, already=True)

    def _look_for(self, past: Sequence[SubmissionRecord]) -> Listing | None:
        """What the service lists; what was cut off and is not listed may yet be, so it is looked for twice."""
        listing = self._look()
        mine = [position for position in open_questions(past) if past[position].intent.key == self.key]
        if any(self._counted(past, position, listing) is False for position in mine):
            self.say("an earlier submission has no outcome yet; looking twice whether it counted")
            time.sleep(self.pause)
            listing = self._look()
        return listing

    def _look(self) -> Listing | None:
        self._note_call()
        reply = self.desk.look()
        return read_listing(self._masked(reply.body)) if reply is not None and reply.succeeded else None

    def _note_call(self) -> None:
        self.ledger.note_calls([Call(_POOL, self.key, time.time())])

    def _check_left(self, listing: Listing | None) -> None:
        if listing is None or listing.remaining is None:
            self.say("warning: how many submissions are left cannot be read; going on")
        elif listing.remaining <= 0:
            raise SubmissionRefused("no submission is left for this key; nothing was sent")

    def _settle_open(self, past: Sequence[SubmissionRecord], after: Listing | None) -> None:
        for position in open_questions(past):
            record = past[position]
            verdict = self._counted(past, position, after) if record.intent.key == self.key else None
            outcome = UNKNOWN if verdict is None else ACCEPTED if verdict else REFUSED
            if outcome != record.outcome:
                self.ledger.settle(record.id, outcome, f"{record.answer}; found out by a later look")

    def _counted(self, past: Sequence[SubmissionRecord], position: int, after: Listing | None) -> bool | None:
        if after is None:
            return None
        sent = past[position].intent
        before = read_kept_listing(self.ledger.remembered(_LOOKS).get(str(position)))
        since = past if before is None else past[position + 1 :]
        others = [one.intent for one in since if one.outcome == ACCEPTED and one.intent.key == self.key]
        twins = sum(other.count == sent.count for other in others)
        return counted(before, after, sent, others=len(others), twins=twins)

    def _send(self, offer: Offer, before: Listing | None, position: int) -> Accepted:
        with self.ledger.id_stream() as ids:
            if ids.count != offer.ids.count:
                raise NotComplete(f"the table holds {ids.count} ids, not {offer.ids.count}; nothing was sent")
            chunks = watched(checked(ids.chunks(), offer.ids.digest), ids.length, self.say)
            self.ledger.remember(_LOOKS, str(position), listing_json(before))
            intent = self.ledger.intend(
                SubmissionIntent(offer.ids.count, offer.ids.digest, self.key, offer.repo, offer.partial, time.time())
            )
            self._note_call()
            try:
                with closing(chunks):
                    reply = self.desk.hand_in(offer.repo, ids.length, chunks)
            except SubmissionRefused as error:
                self.ledger.settle(intent, REFUSED, str(error))
                raise
            except NoReply as error:
                return self._find_out(position, str(error), twice=error.whole)
            except DatasyncError as error:
                return self._find_out(position, f"the upload broke off: {error}")
        return self._conclude(reply, intent, position, offer)

    def _conclude(self, reply: Reply, intent: int, position: int, offer: Offer) -> Accepted:
        verdict = judge(reply.status, reply.body, offer.ids.count)
        reply = replace(reply, body=self._masked(reply.body))
        text = f"{reply.status} {reply.body[:_LONGEST_KEPT].decode('utf-8', 'replace')}"
        if verdict is Verdict.REFUSED:
            self.ledger.settle(intent, REFUSED, text)
            raise refusal(reply.status, reply.body, reply.wait)
        if verdict is Verdict.DOUBTFUL or not reply.whole:
            return self._find_out(position, explain(reply.status, reply.body), twice=reply.succeeded)
        try:
            self.ledger.settle(intent, ACCEPTED, text)
        except LedgerError:
            self.say("accepted, but that could not be written down; the next scrapy submit looks it up")
            raise
        return Accepted(read_receipt(reply.body, offer.ids.count), offer.repo, time.time())

    def _masked(self, body: bytes) -> bytes:
        for form in spellings(self.secret):
            body = body.replace(form.encode(), b"***")
        return body

    def _find_out(self, position: int, reason: str, *, twice: bool = False) -> Accepted:
        """Asks the service what became of a submission that got no clear answer; ``twice`` when it says: nothing."""
        self.say(f"no clear answer ({reason}); looking up whether it counted")
        past = self.ledger.submissions()
        record = past[position]
        after = self._look()
        verdict = self._counted(past, position, after)
        if verdict is False and twice:
            time.sleep(self.pause)
            after = self._look()
            verdict = self._counted(past, position, after)
        if verdict is None:
            self.ledger.settle(record.id, UNKNOWN, reason)
            raise SubmissionUnknown(_unknown(reason))
        if not verdict:
            self.ledger.settle(record.id, REFUSED, reason)
            raise SubmissionRefused(f"it was not counted ({reason}); the same command may be run again")
        return self._settled(record, after, reason)

    def _settled(self, record: SubmissionRecord, after: Listing | None, reason: str) -> Accepted:
        """What a look found counted."""
        self.ledger.settle(record.id, ACCEPTED, reason)
        left = None if after is None else after.remaining
        return Accepted(Receipt(count=record.intent.count, remaining=left), record.intent.repo, time.time())


def _unknown(reason: str) -> str:
    look, send = "scrapy submit looks again", "scrapy submit --again sends it once more, at the risk of two"
    return f"whether it counted cannot be found out ({reason}); {look}, {send}"
