"""A view told in words: the plain line, and the phrases that every way of showing it shares."""

from __future__ import annotations

from datasync_crawler.domain.view import LaneView, State, View

_MINUTE, _HOUR = 60, 3600


def line(view: View) -> str:
    """Events, share, pace, time left, the key's life and every lane, as one line."""
    if view.spider == "discover":
        return f"finding out how the service works, for {duration(view.active)}"
    parts = [
        counted(view),
        *([] if view.share is None else [f"{100 * view.share:.1f} %"]),
        f"{view.rate:,.0f} events/s ({view.mean_rate:,.0f} over all)",
        *([f"about {duration(view.eta)} left"] if view.eta else []),
        *([] if view.key_left is None else [f"key lives {duration(view.key_left)} more"]),
        f"{view.open_shards} of {view.shards} shards open",
        *([] if view.health.state is State.HEALTHY else [condition(view)]),
    ]
    return ", ".join(parts) + "".join(f" | {lane.name}: {', '.join(facts(lane))}" for lane in view.lanes)


def counted(view: View) -> str:
    """How many events of how many are stored."""
    return f"{view.events:,} events" if view.total is None else f"{view.events:,} of {view.total:,} events"


def condition(view: View) -> str:
    """The health in words."""
    return view.health.state.value + "".join(f": {reason}" for reason in view.health.reasons[:1])


def facts(lane: LaneView) -> list[str]:
    """What there is to say of a lane; nothing of what did not happen."""
    calls = "no known limit" if lane.limit is None else f"{lane.left}/{lane.limit} calls left"
    return [
        f"{lane.pages} pages",
        calls,
        *([f"next in {duration(lane.opens_in)}"] if lane.opens_in > 0 else []),
        f"{lane.in_flight} in flight",
        *([f"{lane.faults} faults"] if lane.faults else []),
        *([f"{lane.refused} refused"] if lane.refused else []),
    ]


def span(seconds: float) -> str:
    """The length of a window, to a tenth of a second where it has some.

    >>> span(29.7428), span(300.0), span(0.0625)
    ('29.7 s', '300 s', '0.062 s')
    """
    return f"{round(seconds, 1):g} s" if seconds >= 1 else f"{seconds:.2g} s"


def duration(seconds: float) -> str:
    """A duration in at most two units.

    >>> duration(0.4), duration(75), duration(7380), duration(-3)
    ('0 s', '1 min 15 s', '2 h 3 min', '0 s')
    """
    whole = max(0, round(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
