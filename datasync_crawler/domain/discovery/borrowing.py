"""What a page does not show and another page of its kind does: a last page, or one that says it is, has no cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from datasync_crawler.domain.discovery.exchange import Answer
from datasync_crawler.domain.discovery.leaves import has


def paged_like(answer: Answer, known: Answer) -> Answer:
    """The answer with a cursor where the pages of the known one have theirs, if it shows none and has that place."""
    if answer.listing is None or known.listing is None or answer.listing.shape.chained:
        return answer
    own, other = answer.listing.shape, known.listing.shape
    if other.next_cursor is None or not has(answer.document, other.next_cursor):
        return answer
    shape = msgspec.structs.replace(
        own, next_cursor=other.next_cursor, next_link=other.next_link, cursor_life=other.cursor_life
    )
    return replace(answer, listing=replace(answer.listing, shape=shape, cursor=known.listing.cursor))


def completed(answers: Sequence[Answer]) -> tuple[Answer, ...]:
    """The answers, each with the cursor's place that another answer of the same endpoint shows."""
    chained = {it.probe.endpoint: it for it in reversed(answers) if it.listing and it.listing.shape.chained}
    return tuple(paged_like(it, chained.get(it.probe.endpoint, it)) for it in answers)
