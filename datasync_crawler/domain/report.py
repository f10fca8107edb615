"""The report of a run as a value: what the page shows, concluded from the ledger's account alone."""

from __future__ import annotations

from dataclasses import dataclass

from datasync_crawler.domain.account import Account
from datasync_crawler.domain.axis import mirrored
from datasync_crawler.domain.floor import Floor, floor_of
from datasync_crawler.domain.profile import Pool, Profile
from datasync_crawler.domain.shard import Shard
from datasync_crawler.domain.status import Status, status_of
from datasync_crawler.domain.timeline import Series, latencies, paces, stored_events, uses
from datasync_crawler.domain.ways import numbered, upwards


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that is told of a run at the wall time ``at``; ``outcome`` is a sentence."""

    at: float
    account: Account
    status: Status
    proven: bool
    outcome: str
    against: tuple[str, ...]
    floor: Floor | None
    stored: Series
    pace: Series
    latencies: tuple[Series, ...]
    uses: tuple[Series, ...]

    @property
    def times_of_floor(self) -> float | None:
        """How many times the floor the work took; None where there is no floor, or the set is not proven.

        Nobody is faster than the floor: None as well where the work seems to have been.
        """
        seconds = None if self.floor is None else self.floor.seconds
        active = self.status.view.active
        return active / seconds if seconds and self.proven and active >= seconds else None


def report_of(
    account: Account, at: float, *, common: Pool | None = None, whole: bool = False, alive: bool = True
) -> Report:
    """The report at a wall time; ``common`` counts every call, ``whole`` says that whole events were drained.

    Where nobody is ``alive`` who could have left the last view, a crawl was killed just now.
    """
    status = status_of(
        at,
        account.shards,
        view=account.view,
        profile=account.profile,
        verdict=account.verdict,
        submissions=account.submissions,
        alive=alive,
    )
    against = _against(status)
    rows = status.view.total or status.view.events
    worked = account.profile is not None and rows > 0
    return Report(
        at=at,
        account=account,
        status=status,
        proven=not against,
        outcome=_outcome(status, against),
        against=against,
        floor=floor_of(account.profile, account.learned, rows, common=common, whole=whole)
        if account.profile is not None and worked
        else None,
        stored=stored_events(account),
        pace=paces(account),
        latencies=latencies(account),
        uses=uses(account),
    )


def _against(status: Status) -> tuple[str, ...]:
    """What speaks against the set being whole; nothing when it is proven."""
    verdict, view = status.verdict, status.view
    if verdict is None:
        return ("no drain has come to its verdict yet",)
    told = list(verdict.against)
    if view.open_shards:
        told.append(f"{view.open_shards} of {view.shards} shards have no proven end")
    elif view.events != verdict.count:
        told.append(f"{verdict.count} events were proven, the shards claim {view.events}")
    return tuple(dict.fromkeys(told))


def _outcome(status: Status, against: tuple[str, ...]) -> str:
    if not against:
        return f"complete: {status.view.events:,} events, proven"
    if status.running:
        return f"running: {status.view.events:,} events so far"
    return f"not complete: {status.view.events:,} events so far"


def times_told(shard: Shard, profile: Profile | None) -> tuple[int | None, int | None] | None:
    """The times (microseconds) between which the rows of a shard lie, None at an open end; None of numbered rows."""
    if profile is None or numbered(profile):
        return None
    if not upwards(profile):
        return shard.low, shard.high
    return _mirrored(shard.high), _mirrored(shard.low)


def _mirrored(place: int | None) -> int | None:
    return None if place is None else mirrored(place)
