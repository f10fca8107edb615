"""The axis that a set is walked along: places fall from row to row, as times do in a list that begins with the newest.

A list that begins with its oldest row is walked *upwards*: its places are times mirrored at the epoch, so shards,
checkpoints, cuts and proofs mean the same for both. Only what reads times and what writes cursors and bounds knows of
the mirror. All places are microseconds, whole numbers and half-open ranges, with either axis.
"""

from __future__ import annotations

from datasync_crawler.domain.times import EARLIEST, LATEST, SECOND


def mirrored(moment: int) -> int:
    """The place of a time on the axis upwards, and the time of a place there.

    Every range ``[low, high)`` of places holds the times from ``-high`` up to and without ``-low``, so that whole
    units of time stay whole units of places.

    >>> mirrored(1_769_541_612_369_000), mirrored(mirrored(5))
    (-1769541612369001, 5)
    """
    return ~moment


def is_place_of_time(place: int) -> bool:
    """Whether a place may be that of a row's time, on either axis.

    >>> is_place_of_time(1_769_541_612_369_000), is_place_of_time(-1_769_541_612_369_001), is_place_of_time(5_000_000)
    (True, True, False)
    """
    return EARLIEST * SECOND <= (place if place >= 0 else mirrored(place)) < LATEST * SECOND


def behind(place: int, unit: int) -> int:
    """The lowest bound above all places that lie in the same step of ``unit`` microseconds as the place.

    >>> behind(5_300, 1_000), behind(mirrored(5_300), 1_000)
    (6000, -5000)
    """
    return (place // unit + 1) * unit
