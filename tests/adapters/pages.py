"""Pages for the ledger's tests."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from datasync_crawler.domain.page import Page, RejectedRow, StoredPage
from datasync_crawler.domain.shard import Checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def uuids(numbers: Iterable[int]) -> list[str]:
    return [str(uuid.UUID(int=number * 2**97 + number)) for number in numbers]


def page_of(
    ids: Sequence[str],
    generation: int,
    *,
    shard: int = 1,
    position: int | None = None,
    proof: str | None = None,
    rejected: Sequence[RejectedRow] = (),
) -> StoredPage:
    page = Page(list(ids), [position] * len(ids), rejected=tuple(rejected))
    return StoredPage(shard, generation, "feed", page, Checkpoint(position, ids[-1] if ids else None, proof=proof))
