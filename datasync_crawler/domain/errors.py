"""Everything that can go wrong in a way a caller may act on.

::

    DatasyncError                     exit
    ├── ConfigurationError               2   a setting or argument makes no sense
    ├── ServiceUnreachable               2   nothing answered at the given address
    ├── KeyRefused                       2   the service does not take the key
    ├── KeyExpired                       4   the key's life is over
    ├── SourceMismatch                   2   the ledger belongs to another source or another mode
    ├── StateBusy                        5   another run holds the same state
    ├── LedgerError                      1   the database failed and may work again later
    ├── NotComplete                      1   the run ended, the set is not proven
    ├── SubmissionUnknown                3   a submission was sent and its outcome cannot be found out
    ├── SubmissionRefused                1   the service refused a submission
    └── PageError                        –   an answer that is not a usable page
        ├── Malformed                    –   not the JSON it should be
        ├── Shapeless                    –   JSON without the rows or paging it should have
        └── RowsRejected                 –   rows that cannot be stored are among the good ones
"""

from __future__ import annotations

from typing import ClassVar


class DatasyncError(Exception):
    """The root of the tree; its message is one line that says what to do."""

    exit_code: ClassVar[int] = 1


class ConfigurationError(DatasyncError):
    """Raised when a setting or an argument makes no sense, from settings and commands."""

    exit_code = 2


class ServiceUnreachable(DatasyncError):
    """Raised when nothing answers at the address given, from discovery."""

    exit_code = 2


class KeyRefused(DatasyncError):
    """Raised when the service does not take the key, from discovery and the events run."""

    exit_code = 2


class KeyExpired(DatasyncError):
    """Raised when the service says that the key's life is over, from any keyed call."""

    exit_code = 4


class SourceMismatch(DatasyncError):
    """Raised when a ledger belongs to another source or mode than asked for, from the ledger."""

    exit_code = 2


class StateBusy(DatasyncError):
    """Raised when another run holds the state directory, from its lock."""

    exit_code = 5


class LedgerError(DatasyncError):
    """Raised when PostgreSQL fails; the same command may succeed later."""


class NotComplete(DatasyncError):
    """Raised when a run ended without the proof of completeness."""


class SubmissionUnknown(DatasyncError):
    """Raised when a submission left and nobody can say whether it counted."""

    exit_code = 3


class SubmissionRefused(DatasyncError):
    """Raised when the service answered a submission with a refusal."""


class SubmissionTooSoon(SubmissionRefused):
    """Raised when a submission was refused for the rate of calls alone: it may be taken in ``wait`` seconds.

    ``wait`` is None where nothing tells.
    """

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class PageError(DatasyncError):
    """Raised when an answer is not a usable page, from the page reader; the page is asked for again."""


class Malformed(PageError):
    """Raised when a body is not JSON, is cut short or is of the wrong type."""


class Shapeless(PageError):
    """Raised when a body is JSON but lacks the rows or the paging that the profile promises."""


class RowsRejected(PageError):
    """Raised when a page holds rows that cannot be stored (no id, a forbidden character)."""
