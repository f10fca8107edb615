"""Answers kept for a while for those who ask the same again."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasync_crawler.simulator.pages import Page

ROOM = 1_000
"""Pages on the shelf; a page holds no bytes, but its parameters."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A page as it was told at ``told_at``, kept until ``until`` (seconds since 1970)."""

    page: Page
    told_at: float
    until: float


class Shelf:
    """Pages by what was asked, the oldest dropped first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, ...], Kept] = OrderedDict()

    def find(self, asked: tuple[str, ...], now: float) -> Kept | None:
        """The page told to the last who asked this, if it is still kept."""
        kept = self._kept.get(asked)
        return kept if kept is not None and kept.until > now else None

    def keep(self, asked: tuple[str, ...], kept: Kept) -> None:
        """Keep a page in place of an older one."""
        self._kept.pop(asked, None)
        self._kept[asked] = kept
        if len(self._kept) > ROOM:
            self._kept.popitem(last=False)
