"""Connections that break while they commit: nobody hears whether it happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg2 import OperationalError

if TYPE_CHECKING:
    from datasync_crawler.adapters.ledger import Ledger


class Cut:
    """A connection that breaks at a commit, the ``after``-th from now; which ``happened`` or did not."""

    def __init__(self, whole: Any, *, happened: bool, after: int = 0) -> None:
        self._whole = whole
        self._happened = happened
        self._left = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)

    def __enter__(self) -> Any:
        return self._whole.__enter__()

    def __exit__(self, *raised: object) -> None:
        if raised[0] is not None or self._left > 0:
            self._left -= raised[0] is None
            self._whole.__exit__(*raised)
            return
        if self._happened:
            self._whole.commit()
        self._whole.close()
        raise OperationalError("server closed the connection unexpectedly")


def break_at_commit(ledger: Ledger, *, happened: bool, after: int = 0) -> None:
    """The connection of the ledger breaks at a commit; a new one is whole."""
    ledger._connection = Cut(ledger._connection, happened=happened, after=after)
