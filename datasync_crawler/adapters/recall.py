"""What a ledger remembers of earlier runs, put in order for the next one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from datasync_crawler.adapters.last_view import last_view, settle
from datasync_crawler.domain.errors import ConfigurationError, SourceMismatch
from datasync_crawler.domain.loading import in_bulk
from datasync_crawler.domain.profile import Pool, Profile, read_profile
from datasync_crawler.domain.ways import numbered, upwards

if TYPE_CHECKING:
    from collections.abc import Collection

    from datasync_crawler.adapters.ledger import Ledger
    from datasync_crawler.domain.shard import Shard
    from datasync_crawler.domain.view import View

_POOL, _WORKING_KEYS, _PLACES = "pool", "working key", "places"


@dataclass(frozen=True, slots=True)
class Recall:
    """What is known when a run opens; times are wall seconds.

    ``loading`` says that the table's key is left out for now (:func:`~datasync_crawler.domain.loading.in_bulk`).
    """

    profile: Profile
    shards: list[Shard]
    generation: int
    stored: int
    calls: list[tuple[str, float]]
    learned: dict[str, Pool]
    first_call: float | None
    key_worked: bool
    loading: bool


def recall(ledger: Ledger, key: str, since: float, holder: str = "") -> Recall:
    """Takes all open shards over for a holder and tells how things stand; ``calls`` are those of ``key`` (a digest).

    The figures of a run that was killed are settled, and a key of the table that an earlier run left out is built
    first, so that what is stored is counted exactly. Raises ConfigurationError without a profile, SourceMismatch when
    it does not fit the shards, StateBusy while another crawler has them.
    """
    document = ledger.profile()
    if document is None:
        raise ConfigurationError("no profile yet: run scrapy crawl discover first")
    profile = read_profile(document)
    _check_places(ledger, profile)
    ledger.plant([(None, None)])
    learned = learned_pools(ledger)
    view = _past(ledger, learned)
    generation = ledger.lease(holder)
    settle(ledger, view)
    ledger.build_key()
    if holder:
        # Over many rows a key takes longer to build than a lease lasts.
        ledger.renew(generation)
    stored = ledger.count()
    loading = in_bulk(profile, learned.keys(), stored)
    if loading:
        ledger.drop_key()
    return Recall(
        profile=profile,
        shards=ledger.shards(),
        generation=generation,
        stored=stored,
        calls=[(call.pool, call.at) for call in ledger.calls(key, since)],
        learned=learned,
        first_call=ledger.first_call(key),
        key_worked=key_worked(ledger, key),
        loading=loading,
    )


def _past(ledger: Ledger, learned: Collection[str]) -> View | None:
    """The last view of earlier runs; one of another version is none, and who shows views tells of it."""
    with suppress(msgspec.MsgspecError):
        return last_view(ledger, learned)
    return None


def learned_pools(ledger: Ledger) -> dict[str, Pool]:
    """The pools whose limits earlier runs learned, by name; raises ``msgspec.MsgspecError`` when none of ours."""
    return {name: msgspec.json.decode(text, type=Pool) for name, text in ledger.remembered(_POOL).items()}


def note_limits(ledger: Ledger, pools: list[Pool]) -> None:
    """Keeps limits that were learned for the next run."""
    for pool in pools:
        ledger.remember(_POOL, pool.name, msgspec.json.encode(pool))


def note_working_key(ledger: Ledger, key: str) -> None:
    """Keeps that a key (its digest) opens pages: what refuses it later says that it has expired."""
    ledger.remember(_WORKING_KEYS, key, b"true")


def key_worked(ledger: Ledger, key: str) -> bool:
    """Whether a key (its digest) ever opened a page."""
    return key in ledger.remembered(_WORKING_KEYS)


def _check_places(ledger: Ledger, profile: Profile) -> None:
    """Raises SourceMismatch when the shards' places mean numbers and the profile's times, or run the other way."""
    kept = ledger.remembered(_PLACES).get(_PLACES)
    what = "numbers" if numbered(profile) else "times"
    mine = msgspec.json.encode(f"{what} upwards" if upwards(profile) else what)
    if kept is not None and kept != mine and ledger.count():
        raise SourceMismatch("the new profile cuts the set otherwise than the ledger's shards: use another database")
    ledger.remember(_PLACES, _PLACES, mine)
