"""When this machine began to run: what ties the stamps of its processes together, whatever its wall clock does."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasync_crawler.adapters.ledger import Ledger

_BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Names the time since the machine began to run; Linux has it, macOS does not."""
_KIND = "beginning"


def beginning(ledger: Ledger, boot: Path = _BOOT) -> float | None:
    """When the machine began to run (wall seconds), as the first process since then read it that opened this ledger.

    None where nothing tells whether the machine began to run anew meanwhile: stamps are the wall clock's there.
    """
    try:
        name = boot.read_text().strip()
    except OSError:
        return None
    kept = ledger.remembered(_KIND).get(name)
    if kept is None:
        kept = str(time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)).encode()
        ledger.remember(_KIND, name, kept)
    return float(kept)
