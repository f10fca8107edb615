from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from datasync_crawler.adapters.handover import Handover, Offer
from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.adapters.submission import Patience, Reply, SubmissionDesk
from datasync_crawler.adapters.submission_book import SubmissionIntent
from datasync_crawler.adapters.submission_lock import sole_submission
from datasync_crawler.adapters.upload import checked, watched
from datasync_crawler.domain.errors import (
    KeyExpired,
    LedgerError,
    NotComplete,
    StateBusy,
    SubmissionRefused,
    SubmissionTooSoon,
    SubmissionUnknown,
)
from datasync_crawler.domain.page import Page, StoredPage
from datasync_crawler.domain.shard import Checkpoint
from datasync_crawler.domain.submission import IdSet
from tests.adapters.counter import KEY, Counter, open_counter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

REPO = "https://example.org/someone/work"
IDS = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(20)]
OFFER = Offer(IdSet(20, hashlib.sha256("\n".join(IDS).encode()).hexdigest()), REPO)
KEY_HASH = hashlib.sha256(KEY.encode()).hexdigest()


def fill(ledger: Ledger, ids: list[str]) -> None:
    shard = ledger.plant([(None, None)])[0]
    page = Page(ids=ids, times=[None] * len(ids))
    ledger.store(StoredPage(shard.id, ledger.lease(), "lane", page, Checkpoint()))


@pytest.fixture
def ledger(postgres_url: str) -> Iterator[Ledger]:
    with Ledger.open(postgres_url) as ledger:
        fill(ledger, IDS)
        yield ledger


@pytest.fixture
def counter() -> Iterator[Counter]:
    with open_counter() as counter:
        yield counter


@contextmanager
def handing_in(ledger: Ledger, counter: Counter, key: str = KEY) -> Iterator[tuple[Handover, list[str]]]:
    said: list[str] = []
    desk = SubmissionDesk(counter.place(), key, Patience(connect=2, answer=0.5))
    yield Handover(ledger, desk, hashlib.sha256(key.encode()).hexdigest(), key, said.append, pause=0), said


@pytest.fixture
def handover(ledger: Ledger, counter: Counter) -> Iterator[Handover]:
    with handing_in(ledger, counter) as (handover, _):
        yield handover


def outcomes(ledger: Ledger) -> list[str]:
    return [record.outcome for record in ledger.submissions()]


def leave_pending(ledger: Ledger, key: str = KEY_HASH) -> None:
    ledger.intend(SubmissionIntent(20, OFFER.ids.digest, key, REPO, False, 1.0))


def test_what_is_stored_is_handed_in_once_and_known_ever_after(
    ledger: Ledger, counter: Counter, handover: Handover
) -> None:
    done = handover.hand_in(OFFER)
    assert counter.posts == ["\n".join(IDS).encode()]
    assert (done.receipt.submission, done.receipt.count, done.receipt.remaining, done.already) == ("s0", 20, 4, False)
    assert outcomes(ledger) == ["accepted"]
    calls = len(counter.requests)
    assert handover.hand_in(OFFER, again=True).already
    assert len(counter.requests) == calls


def test_a_set_accepted_with_another_key_is_not_handed_in_again(ledger: Ledger, counter: Counter) -> None:
    with handing_in(ledger, counter) as (first, _):
        first.hand_in(OFFER)
    with handing_in(ledger, counter, "another-key") as (second, _):
        assert second.hand_in(OFFER).already
    assert len(counter.posts) == 1


def test_the_intent_is_committed_before_the_post_arrives(
    ledger: Ledger, counter: Counter, handover: Handover, postgres_url: str
) -> None:
    seen: list[str] = []

    def look() -> None:
        with Ledger(postgres_url) as other:
            seen.extend(outcomes(other))

    counter.during = look
    handover.hand_in(OFFER)
    assert seen == ["pending"]
    assert outcomes(ledger) == ["accepted"]


def test_a_database_lost_before_the_outcome_is_written_leaves_a_question_that_is_settled_later(
    ledger: Ledger, counter: Counter, postgres_url: str
) -> None:
    def lose() -> None:
        with Ledger(postgres_url) as other, other.transaction() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    counter.during = lose
    with handing_in(ledger, counter) as (handover, said):
        with pytest.raises(LedgerError):
            handover.hand_in(OFFER)
        assert "accepted, but" in said[-1]
    with Ledger(postgres_url) as reopened, handing_in(reopened, counter) as (handover, _):
        assert outcomes(reopened) == ["pending"]
        assert handover.hand_in(OFFER).already
    assert len(counter.posts) == 1


def test_every_call_is_noted_under_the_keys_hash(ledger: Ledger, handover: Handover) -> None:
    handover.hand_in(OFFER)
    assert [call.pool for call in ledger.calls(KEY_HASH, 0)] == ["submissions", "submissions"]


@pytest.mark.parametrize("way", ["400 {}", "refuse early", "307 moved", '200 {"success": false}'])
def test_a_refusal_is_written_down_and_a_new_command_may_try(
    ledger: Ledger, counter: Counter, handover: Handover, way: str
) -> None:
    counter.ways = [way, "accept"]
    with pytest.raises(SubmissionRefused):
        handover.hand_in(OFFER)
    assert outcomes(ledger) == ["refused"]
    assert not handover.hand_in(OFFER).already
    assert outcomes(ledger) == ["refused", "accepted"]


def test_one_that_came_too_soon_is_sent_again_until_it_is_taken(
    ledger: Ledger, counter: Counter, handover: Handover
) -> None:
    counter.ways = ['429 {"error": "Too many requests", "retryAfter": 0}', "403 quota", "accept"]
    assert not handover.hand_in(OFFER).already
    assert outcomes(ledger) == ["refused", "refused", "accepted"]


def test_one_that_came_too_soon_and_was_counted_all_the_same_is_not_sent_again(
    ledger: Ledger, counter: Counter, handover: Handover
) -> None:
    counter.ways = ["429 counted", "accept"]
    done = handover.hand_in(OFFER)
    assert (done.receipt.count, done.receipt.remaining) == (20, 4)
    assert outcomes(ledger) == ["accepted"]
    assert len(counter.posts) == 1


def test_one_that_came_too_soon_is_not_sent_again_when_none_is_left_any_more(
    counter: Counter, handover: Handover
) -> None:
    counter.ways = ["429 {}"]
    looks = iter(['{"submissions": [], "remaining": 1}', '{"submissions": [{"eventCount": 7}], "remaining": 0}'])
    counter.listing = lambda _: (200, next(looks).encode())
    with pytest.raises(SubmissionRefused, match="no submission is left"):
        handover.hand_in(OFFER)
    assert len(counter.posts) == 1


def test_a_look_that_comes_too_soon_itself_tells_nothing_against_sending_again(
    ledger: Ledger, counter: Counter, handover: Handover
) -> None:
    looks = iter([(200, b'{"submissions": [], "remaining": 5}'), (429, b"{}"), (200, b'{"remaining": 5}')])
    counter.listing = lambda _: next(looks)
    counter.ways = ["429 {}", "429 {}", "accept"]
    assert not handover.hand_in(OFFER).already
    assert outcomes(ledger) == ["refused", "refused", "accepted"]


def test_one_that_is_accepted_and_complained_about_is_looked_for_and_never_sent_twice(
    counter: Counter, handover: Handover
) -> None:
    answer = json.dumps({"submissionId": 7, "count": 20, "errors": ["2 unknown ids"]})
    counter.during = lambda: counter.entries.append({"id": 7, "eventCount": 20, "repo": REPO})
    counter.ways = [f"200 {answer}"]
    assert handover.hand_in(OFFER).receipt.count == 20
    assert handover.hand_in(OFFER).already
    assert len(counter.posts) == 1


def test_one_that_is_listed_late_is_found_by_the_second_look(
    ledger: Ledger, counter: Counter, handover: Handover
) -> None:
    ours = {"id": 7, "eventCount": 20, "repo": REPO}
    looks = iter([[], [], [ours]])
    counter.listing = lambda _: (200, json.dumps({"submissions": next(looks)}).encode())
    counter.ways = ['200 {"submissionId": 7, "errors": ["still counting"]}']
    assert handover.hand_in(OFFER).receipt.count == 20
    assert outcomes(ledger) == ["accepted"]
    assert len(counter.posts) == 1


def test_one_that_always_comes_too_soon_or_much_too_soon_is_refused(
    ledger: Ledger, counter: Counter, handover: Handover
) -> None:
    counter.ways = ["429 {}"]
    with pytest.raises(SubmissionTooSoon):
        handover.hand_in(OFFER)
    assert outcomes(ledger) == ["refused"] * 5
    counter.ways = ['429 {"retryAfter": 3000}']
    with pytest.raises(SubmissionTooSoon):
        handover.hand_in(OFFER)
    assert len(outcomes(ledger)) == 6


def test_that_all_submissions_are_used_is_not_waited_for(ledger: Ledger, counter: Counter, handover: Handover) -> None:
    counter.ways = ['429 {"error": "All 5 submissions are used"}']
    with pytest.raises(SubmissionRefused):
        handover.hand_in(OFFER)
    assert outcomes(ledger) == ["refused"]


def test_an_expired_key_is_told_as_such(ledger: Ledger, counter: Counter, handover: Handover) -> None:
    counter.ways = ['401 {"error": "key expired"}']
    with pytest.raises(KeyExpired):
        handover.hand_in(OFFER)
    assert outcomes(ledger) == ["refused"]


@pytest.mark.parametrize("way", ["lost counted", "500 counted", "silent counted"])
def test_one_that_was_counted_without_an_answer_is_found_out(
    ledger: Ledger, counter: Counter, handover: Handover, way: str
) -> None:
    counter.ways = [way]
    done = handover.hand_in(OFFER)
    assert (done.receipt.count, done.receipt.remaining) == (20, 4)
    assert outcomes(ledger) == ["accepted"]
    assert len(counter.posts) == 1


def left(counter: Counter) -> tuple[int, bytes]:
    """What a service answers that lists nothing."""
    return 200, json.dumps({"left": 5 - len(counter.entries)}).encode()


def test_where_nothing_is_listed_the_number_left_tells_it(
    ledger: Ledger, counter: Counter, handover: Handover
) -> None:
    counter.ways = ["lost counted"]
    counter.listing = left
    assert handover.hand_in(OFFER).receipt.remaining == 4
    assert outcomes(ledger) == ["accepted"]


@pytest.mark.parametrize(
    ("earlier", "later", "outcome"),
    [(KEY_HASH, "", "accepted"), ("", "of another", "accepted"), ("", KEY_HASH, "refused")],
    ids=["accepted before the look", "accepted with another key", "accepted after the look"],
)
def test_only_what_this_key_handed_in_since_the_look_explains_a_smaller_number_left(
    ledger: Ledger, counter: Counter, handover: Handover, earlier: str, later: str, outcome: str
) -> None:
    def accept(key: str) -> None:
        ledger.settle(ledger.intend(SubmissionIntent(7, "another", key, REPO, True, 1.0)), "accepted", "")

    if earlier:
        accept(earlier)
    ledger.remember("submission look", str(len(ledger.submissions())), b'{"remaining": 5}')
    leave_pending(ledger)
    if later:
        accept(later)
    counter.entries.append({})
    counter.listing = left
    position = 1 if earlier else 0
    handover.hand_in(OFFER)
    assert outcomes(ledger)[position] == outcome


class Hasty(SubmissionDesk):
    """A desk where success is told before the body has left."""

    def hand_in(self, repository: str, length: int, chunks: Iterable[bytes]) -> Reply:
        return replace(super().hand_in(repository, length, chunks), whole=False)


def test_a_success_told_before_the_bodys_end_is_looked_up(ledger: Ledger, counter: Counter) -> None:
    counter.ways = ['200 {"success": true}']
    hasty = Handover(ledger, Hasty(counter.place(), KEY), KEY_HASH, KEY, lambda _: None, pause=0)
    with pytest.raises(SubmissionRefused, match="not counted"):
        hasty.hand_in(OFFER)
    assert outcomes(ledger) == ["refused"]


def test_one_that_is_counted_late_is_not_taken_for_lost(ledger: Ledger, counter: Counter, handover: Handover) -> None:
    counter.ways = ["lost"]
    before, busy = counter.listed(), counter.listed()
    counter.count("/?repo=" + REPO, "\n".join(IDS).encode())
    looks = iter([before, busy, counter.listed()])
    counter.listing = lambda _: (200, next(looks))
    assert handover.hand_in(OFFER).receipt.remaining == 4
    assert outcomes(ledger) == ["accepted"]


@pytest.mark.parametrize("way", ["lost", "500 broken", "200 <html>", "close at once", "silent"])
def test_one_that_was_not_counted_is_found_out_and_may_be_tried_again(
    ledger: Ledger, counter: Counter, handover: Handover, way: str
) -> None:
    counter.ways = [way, "accept"]
    with pytest.raises(SubmissionRefused, match="not counted"):
        handover.hand_in(OFFER)
    assert outcomes(ledger) == ["refused"]
    handover.hand_in(OFFER)
    assert outcomes(ledger) == ["refused", "accepted"]
    assert len(counter.entries) == 1


def test_one_that_nobody_can_tell_of_is_repeated_only_on_the_users_word(
    ledger: Ledger, counter: Counter, handover: Handover
) -> None:
    counter.ways = ["lost", "accept"]
    counter.listing = lambda _: (500, b"")
    for _ in range(2):
        with pytest.raises(SubmissionUnknown, match="--again"):
            handover.hand_in(OFFER)
    assert len(counter.posts) == 1
    assert outcomes(ledger) == ["unknown"]
    handover.hand_in(OFFER, again=True)
    assert len(counter.posts) == 2
    assert outcomes(ledger) == ["unknown", "accepted"]


def test_the_users_word_does_not_repeat_what_a_look_finds_counted(
    ledger: Ledger, counter: Counter, handover: Handover
) -> None:
    counter.ways = ["lost counted"]
    looks = iter([(200, counter.listed()), (500, b"")])
    counter.listing = lambda counter: next(looks, (200, counter.listed()))
    with pytest.raises(SubmissionUnknown):
        handover.hand_in(OFFER)
    assert handover.hand_in(OFFER, again=True).already
    assert len(counter.posts) == 1
    assert outcomes(ledger) == ["accepted"]


def test_an_intent_left_by_a_crash_is_looked_up_before_anything_is_sent(
    ledger: Ledger, counter: Counter, handover: Handover
) -> None:
    leave_pending(ledger)
    counter.count("/?repo=" + REPO, "\n".join(IDS).encode())
    assert handover.hand_in(OFFER).already
    assert counter.posts == []
    assert outcomes(ledger) == ["accepted"]


def test_an_intent_that_never_left_is_sent_anew(ledger: Ledger, counter: Counter, handover: Handover) -> None:
    leave_pending(ledger)
    handover.hand_in(OFFER)
    assert len(counter.posts) == 1
    assert outcomes(ledger) == ["refused", "accepted"]


def test_an_intent_of_another_key_cannot_be_looked_up_with_this_one(
    ledger: Ledger, counter: Counter, handover: Handover
) -> None:
    leave_pending(ledger, key="of another")
    with pytest.raises(SubmissionUnknown):
        handover.hand_in(OFFER)
    assert counter.posts == []
    assert outcomes(ledger) == ["unknown"]


def test_an_open_question_about_other_ids_does_not_stand_in_the_way(ledger: Ledger, handover: Handover) -> None:
    ledger.intend(SubmissionIntent(7, "another", "of another", REPO, True, 1.0))
    handover.hand_in(OFFER)
    assert outcomes(ledger) == ["unknown", "accepted"]


def test_nothing_is_sent_when_none_is_left(ledger: Ledger, counter: Counter, handover: Handover) -> None:
    counter.listing = lambda _: (200, b'{"remaining": 0}')
    with pytest.raises(SubmissionRefused, match="no submission is left"):
        handover.hand_in(OFFER)
    assert counter.posts == []
    assert outcomes(ledger) == []


@pytest.mark.parametrize("look", [(404, b'{"remaining": 0}'), (200, b"<html>"), (200, b"[]")])
def test_what_is_left_is_warned_about_when_it_cannot_be_read(
    ledger: Ledger, counter: Counter, look: tuple[int, bytes]
) -> None:
    counter.listing = lambda _: look
    with handing_in(ledger, counter) as (handover, said):
        handover.hand_in(OFFER)
    assert [line for line in said if line.startswith("warning")] != []
    assert outcomes(ledger) == ["accepted"]


def test_a_table_of_another_size_is_not_sent(ledger: Ledger, counter: Counter, handover: Handover) -> None:
    with pytest.raises(NotComplete, match="20 ids, not 19"):
        handover.hand_in(Offer(IdSet(19, OFFER.ids.digest), REPO))
    assert counter.posts == []
    assert outcomes(ledger) == []


def test_other_ids_than_those_proven_never_arrive_as_a_whole(
    ledger: Ledger, counter: Counter, handover: Handover
) -> None:
    with pytest.raises(SubmissionRefused, match="not those that were proven"):
        handover.hand_in(Offer(IdSet(20, "0" * 64), REPO))
    assert b"\n".join(counter.posts).count(b"\n") < 19
    assert counter.entries == []
    assert outcomes(ledger) == ["refused"]


def test_a_key_echoed_in_an_answer_is_not_kept(ledger: Ledger, counter: Counter, handover: Handover) -> None:
    counter.ways = ["400 " + json.dumps({"message": f"bad request by {KEY}"})]
    with pytest.raises(SubmissionRefused) as caught:
        handover.hand_in(OFFER)
    assert KEY not in str(caught.value)
    (record,) = ledger.submissions()
    assert KEY not in record.answer
    assert "bad request by ***" in record.answer


def test_a_key_with_marks_is_not_kept_however_it_is_spelled(ledger: Ledger, counter: Counter) -> None:
    key = 'ds_"a/b"'
    counter.ways = ["400 " + json.dumps({"message": f"{key}, {quote(key, safe='').lower()} and {escape(key)}"})]
    with handing_in(ledger, counter, key) as (handover, _), pytest.raises(SubmissionRefused):
        handover.hand_in(OFFER)
    assert ledger.submissions()[0].answer == '400 {"message": "***, *** and ***"}'


def test_one_submission_at_a_time_is_let_through(postgres_url: str) -> None:
    with (
        sole_submission(postgres_url),
        pytest.raises(StateBusy, match="under way"),
        sole_submission(postgres_url),
    ):
        pass
    with sole_submission(postgres_url):
        pass


def test_progress_is_told_every_two_seconds() -> None:
    moments = iter([0.0, 0.1, 2.1, 2.2, 4.5])
    said: list[str] = []
    chunks = [b"x" * 1_000_000] * 4
    assert list(watched(chunks, 4_000_000, said.append, lambda: next(moments))) == chunks
    assert said == ["submitting: 1 of 4 MB", "submitting: 3 of 4 MB"]


def test_the_end_is_withheld_until_the_digest_is_right() -> None:
    chunks = [b"a", b"b", b"c"]
    assert list(checked(chunks, hashlib.sha256(b"abc").hexdigest())) == chunks
    passed = []
    with pytest.raises(NotComplete):
        passed.extend(checked(chunks, hashlib.sha256(b"abd").hexdigest()))
    assert b"c" not in passed
