"""However a submission goes wrong, it is spent at most once, and what is told afterwards is true."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

import pytest

from datasync_crawler.adapters.handover import Accepted, Handover, Offer
from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.adapters.submission import Patience, SubmissionDesk
from datasync_crawler.adapters.submission_book import SubmissionIntent
from datasync_crawler.domain.errors import DatasyncError, SubmissionRefused
from datasync_crawler.domain.submission import IdSet
from tests.adapters.counter import KEY, Counter, open_counter
from tests.adapters.test_handover import IDS, KEY_HASH, OFFER, REPO, fill, outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = "\n".join(IDS).encode()
WAYS = ["lost", "lost counted", "500 broken", "500 counted", "torn counted", "303 counted", "close at once", "503 {}"]


@pytest.fixture
def ledger(postgres_url: str) -> Iterator[Ledger]:
    with Ledger.open(postgres_url) as ledger:
        fill(ledger, IDS)
        yield ledger


@pytest.fixture
def counter() -> Iterator[Counter]:
    with open_counter() as counter:
        yield counter


def handover(ledger: Ledger, counter: Counter) -> Handover:
    desk = SubmissionDesk(counter.place(), KEY, Patience(connect=2, answer=0.5))
    return Handover(ledger, desk, KEY_HASH, KEY, lambda _: None, pause=0)


def leave_pending(ledger: Ledger) -> None:
    ledger.intend(SubmissionIntent(20, OFFER.ids.digest, KEY_HASH, REPO, False, 1.0))


@pytest.mark.parametrize("way", ["torn counted", "303 counted", "500 counted", "408 counted"])
def test_one_that_was_counted_under_an_unclear_answer_is_found_out(ledger: Ledger, counter: Counter, way: str) -> None:
    counter.ways = [way]
    assert handover(ledger, counter).hand_in(OFFER).receipt.remaining == 4
    assert outcomes(ledger) == ["accepted"]
    assert len(counter.posts) == 1


def test_an_answer_that_drips_is_given_up_and_looked_up(ledger: Ledger, counter: Counter) -> None:
    counter.ways = ["dripping"]
    with pytest.raises(SubmissionRefused, match=r"TimeoutError|not counted"):
        handover(ledger, counter).hand_in(OFFER)
    counter.over.set()
    assert outcomes(ledger) == ["refused"]


def test_what_a_crash_cut_off_and_is_counted_late_is_not_sent_again(ledger: Ledger, counter: Counter) -> None:
    """Killed behind the body's last byte, and begun again while the service is still at it."""
    leave_pending(ledger)
    before = counter.listed()
    counter.count("/?repo=" + REPO, BODY)
    looks = iter([before, counter.listed()])
    counter.listing = lambda _: (200, next(looks))
    assert handover(ledger, counter).hand_in(OFFER).already
    assert counter.posts == []
    assert outcomes(ledger) == ["accepted"]


def test_of_five_the_last_is_taken_and_a_sixth_is_never_sent(ledger: Ledger, counter: Counter) -> None:
    for number in range(4):
        counter.entries.append({"id": f"old{number}", "eventCount": number, "repo": REPO})
    assert handover(ledger, counter).hand_in(OFFER).receipt.remaining == 0
    fill(ledger, ["one-more"])
    other = Offer(IdSet(21, hashlib.sha256("\n".join(sorted([*IDS, "one-more"])).encode()).hexdigest()), REPO)
    with pytest.raises(SubmissionRefused, match="no submission is left for this key; nothing was sent"):
        handover(ledger, counter).hand_in(other)
    assert len(counter.posts) == 1
    assert outcomes(ledger) == ["accepted"]


@pytest.mark.parametrize("seed", range(12))
def test_in_whatever_order_it_goes_wrong_at_most_one_counts(ledger: Ledger, counter: Counter, seed: int) -> None:
    chance = random.Random(seed)
    done: Accepted | None = None
    for _ in range(5):
        if chance.random() < 0.3:
            leave_pending(ledger)
        counter.ways = [chance.choice(WAYS)]
        try:
            done = handover(ledger, counter).hand_in(OFFER)
        except DatasyncError:
            assert counter.entries == [], "it counted, and that was not told"
            continue
        break
    assert len(counter.entries) == (done is not None)
    assert outcomes(ledger).count("accepted") == (done is not None)
    assert {"pending", "unknown"}.isdisjoint(outcomes(ledger))
