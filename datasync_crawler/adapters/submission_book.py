"""The ledger's submissions: each intent is written down before it is sent, its outcome after."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from datasync_crawler.adapters.postgres import Session


@dataclass(frozen=True, slots=True)
class SubmissionIntent:
    """What is about to be handed in: ``count`` ids of this ``digest``.

    ``key`` is the SHA-256 of the key in hexadecimal, ``at`` wall seconds since the epoch.
    """

    count: int
    digest: str
    key: str
    repo: str
    partial: bool
    at: float


@dataclass(frozen=True, slots=True)
class SubmissionRecord:
    """An intent and what came of it.

    ``outcome`` is pending (nobody came back to say), accepted, refused or unknown; ``answer`` is the server's words.
    """

    id: int
    intent: SubmissionIntent
    outcome: str
    answer: str


class SubmissionBook(Session):
    """Every submission that was meant, sent or not."""

    def intend(self, submission: SubmissionIntent) -> int:
        """Writes an intent down as pending; it is on the disk when this returns. Returns its number."""
        ((intent,),) = self._rows("intend", **asdict(submission))
        return int(intent)

    def settle(self, intent: int, outcome: str, answer: str) -> None:
        """Writes down what came of an intent; KeyError when there is no such intent."""
        # PostgreSQL has no NUL in its texts, and an answer may be anything.
        if not self._run("settle", intent=intent, outcome=outcome, answer=answer.replace("\0", "�")):
            raise KeyError(intent)

    def submissions(self) -> list[SubmissionRecord]:
        """All submissions, oldest first."""
        return [
            SubmissionRecord(intent, SubmissionIntent(*fields), outcome, answer)
            for intent, *fields, outcome, answer in self._rows("submissions")
        ]
