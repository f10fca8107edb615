"""Turns: a ledger is drained by one crawler at a time, and another one waits until its lease ends or runs out."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from datasync_crawler.domain.errors import StateBusy

if TYPE_CHECKING:
    from datasync_crawler.adapters.ledger import Ledger

_LOOK_EVERY, _TELL_EVERY = 2.0, 30.0


def await_turn(ledger: Ledger, holder: str, patience: float) -> None:
    """Returns when nobody but ``holder`` drains the ledger; raises StateBusy when that takes longer than so long."""
    begun, told = time.monotonic(), float("-inf")
    while (left := ledger.leased_for(holder)) is not None:
        now = time.monotonic()
        if now - begun > patience:
            raise StateBusy(f"another crawler has drained this ledger for {now - begun:.0f} s: wait for it")
        if now - told >= _TELL_EVERY:
            told = now
            print(f"another crawler drains this ledger: waiting (its lease runs for {left:.0f} s)", file=sys.stderr)
        time.sleep(min(left, _LOOK_EVERY))
