from __future__ import annotations

import pytest

from datasync_crawler.adapters.ledger import Ledger, SubmissionIntent, SubmissionRecord
from datasync_crawler.domain.errors import LedgerError

INTENT = SubmissionIntent(3, "d" * 64, "k" * 64, "https://git.example/me/it", partial=False, at=1_700_000_000.25)


def test_an_intent_is_pending_until_it_is_settled(ledger: Ledger, postgres_url: str) -> None:
    number = ledger.intend(INTENT)
    with Ledger.open(postgres_url) as next_run:
        assert next_run.submissions() == [SubmissionRecord(number, INTENT, "pending", "")]


@pytest.mark.parametrize("outcome", ["accepted", "refused", "unknown"])
def test_an_outcome_is_kept_with_the_answer(ledger: Ledger, outcome: str) -> None:
    first, second = ledger.intend(INTENT), ledger.intend(INTENT)
    ledger.settle(second, outcome, "what it\0 said")
    assert ledger.submissions() == [
        SubmissionRecord(first, INTENT, "pending", ""),
        SubmissionRecord(second, INTENT, outcome, "what it\ufffd said"),
    ]


def test_an_outcome_nobody_knows_of_is_refused(ledger: Ledger) -> None:
    number = ledger.intend(INTENT)
    with pytest.raises(LedgerError):
        ledger.settle(number, "splendid", "")
    assert ledger.submissions()[0].outcome == "pending"


def test_what_was_not_meant_cannot_be_settled(ledger: Ledger) -> None:
    with pytest.raises(KeyError):
        ledger.settle(7, "accepted", "")
