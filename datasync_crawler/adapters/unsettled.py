"""What is not settled between a crawler and its PostgreSQL: commits nobody confirmed, and commits not yet on the disk.

The pages that the ledger counts for each shard tell: nobody else moves the shards of a generation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from datasync_crawler.domain.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datasync_crawler.domain.page import StoredPage

Holder = tuple[int, int]
"""A shard and the generation that holds it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a page's rows: ``inserted`` were new, ``met`` were there already or came twice in the page."""

    inserted: int
    met: int


@dataclass(frozen=True, slots=True)
class Count:
    """What the ledger counts for a shard."""

    pages: int
    rows: int
    met: int


@dataclass(frozen=True, slots=True)
class Numbered:
    """A page of which ``before`` of the same shard were given together with it, in front of it.

    ``after`` is the shard's count of pages before the first of them; None while it is that of the present batch.
    """

    page: StoredPage
    before: int
    after: int | None = None

    @property
    def holder(self) -> Holder:
        """Its shard and who held it."""
        return self.page.shard, self.page.generation


class Unsettled:
    """What a crawler knows of its own pages; ``begun`` has the counts as the present batch first found them.

    Pages that were committed without a wait for the disk are kept until a later commit waited: ``most`` rows of them,
    and those of one batch.
    """

    def __init__(self, most: int) -> None:
        self.begun: dict[Holder, Count] = {}
        self._most = most
        self._now: Mapping[Holder, Count] = {}
        self._committed: dict[Holder, int] = {}
        self._unflushed: list[Numbered] = []
        self._rows = 0

    @property
    def full(self) -> bool:
        """Whether the next commit has to wait for the disk."""
        return self._rows >= self._most

    def entered(self, given: Sequence[Numbered], counts: Mapping[Holder, Count]) -> None:
        """The shards of these pages are locked, and these are their counts."""
        self._now = counts
        for page in given:
            if page.after is None:
                self.begun.setdefault(page.holder, counts[page.holder])

    def is_stored(self, given: Numbered) -> bool:
        """Whether a page was committed by an earlier try, as the counts tell by which its shard was entered."""
        return self._now[given.holder].pages > self._after(given) + given.before

    def committed(self, given: Sequence[Numbered], *, flushed: bool) -> None:
        """The server confirmed these pages; ``flushed`` when they are on its disk, and all before them."""
        if flushed:
            self._unflushed, self._rows = [], 0
        for page in given:
            after = self._after(page)
            self._committed[page.holder] = after + page.before + 1
            if not flushed:
                self._unflushed.append(Numbered(page.page, page.before, after))
                self._rows += len(page.page.page.ids)

    def lost(self, counts: Mapping[Holder, Count]) -> list[Numbered]:
        """The pages, in their order, that a crash of the server took back; none of shards that others hold by now."""
        kept = [page for page in self._unflushed if page.holder in counts]
        return [page for page in kept if counts[page.holder].pages <= self._after(page) + page.before]

    def check(self, counts: Mapping[Holder, Count]) -> None:
        """Raises LedgerError when confirmed pages are missing that are not known here any more."""
        for holder, pages in self._committed.items():
            if holder in counts and counts[holder].pages < pages:
                taken = pages - counts[holder].pages
                raise LedgerError(
                    f"PostgreSQL took back {taken} pages of shard {holder[0]} that it had committed; "
                    "the same command goes on from where it stands"
                )

    def _after(self, page: Numbered) -> int:
        return self.begun[page.holder].pages if page.after is None else page.after


def numbered(pages: Sequence[StoredPage]) -> list[Numbered]:
    """The pages of a batch, each with the number of those of its shard in front of it."""
    seen: dict[Holder, int] = {}
    given = []
    for page in pages:
        holder = page.shard, page.generation
        given.append(Numbered(page, seen.get(holder, 0)))
        seen[holder] = given[-1].before + 1
    return given


def differences(
    pages: Sequence[StoredPage], begun: Mapping[Holder, Count], now: Mapping[Holder, Count]
) -> list[Stored]:
    """What became of pages as the counts tell: all of a shard's rows are told of its last page."""
    last = {(page.shard, page.generation): place for place, page in enumerate(pages)}
    outcomes = [Stored(0, 0)] * len(pages)
    for holder, place in last.items():
        before = begun[holder]
        after = now.get(holder, before)
        outcomes[place] = Stored(after.rows - before.rows, after.met - before.met)
    return outcomes
