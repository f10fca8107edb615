"""The report as one HTML document: every text escaped and without secrets, nothing fetched, nothing run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from importlib import resources
from typing import Any

from jinja2 import Environment

from datasync_crawler.domain.amending import UNCOUNTED
from datasync_crawler.domain.profile import LEAD, Profile
from datasync_crawler.domain.report import Report, times_told
from datasync_crawler.domain.shard import Shard
from datasync_crawler.domain.telling import duration, span
from datasync_crawler.domain.timeline import Series
from datasync_crawler.report.charts import MOST_SERIES, chart

MOST_SHARDS = 200
"""The table shows so many, those with the most rows."""

_MICROS = 1_000_000


def page(report: Report, mask: Callable[[str], str] = str, *, lasting: bool = True) -> str:
    """The document; ``mask`` takes the secrets out of a text, ``lasting`` says that its database stays."""
    source = resources.files("datasync_crawler.report").joinpath("report.html").read_text(encoding="utf-8")

    def shown(value: object) -> object:
        # What is markup already was masked before it was made.
        return mask(value) if type(value) is str else value

    template = Environment(autoescape=True, finalize=shown, trim_blocks=True, lstrip_blocks=True).from_string(source)
    return template.render(
        report=report,
        lasting=lasting,
        account=report.account,
        view=report.status.view,
        charts=_charts(report, mask),
        shards=_shards(report.account.shards, report.account.profile),
        more_shards=max(0, len(report.account.shards) - MOST_SHARDS),
        findings=_findings(report.account.profile),
        leads=_leads(report.account.profile),
        duration=duration,
        span=span,
        moment=moment,
        count=_count,
        uncounted=UNCOUNTED,
    )


def moment(at: float | None) -> str:
    """A wall time (seconds) in UTC, empty for None and for what no calendar has.

    >>> moment(1_800_000_000.0), moment(None)
    ('2027-01-15 08:00:00 UTC', '')
    """
    try:
        return "" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return ""


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _charts(report: Report, mask: Callable[[str], str]) -> list[tuple[str, Any, str]]:
    """Heading, picture and a note for each chart that can be drawn."""
    slow = max((y for one in report.latencies for _, y in one.points), default=0.0)
    drawn = (
        ("Events a second", "pace", (report.pace,), _count, _told_pace(report), True),
        ("Events stored", "stored", (report.stored,), _count, _told_stored(report), True),
        ("Calls of each pool, in % of its limit", "uses", report.uses, _percent, _told_uses(report), False),
        (
            "Seconds that a full page takes",
            "latency",
            report.latencies,
            _seconds,
            f"typical for each lane at the time, at most {slow:.2f} s",
            False,
        ),
    )
    pictures = (
        (title, chart(name, _masked(series, mask), told, label=f"{title}: {mask(note)}", fill=fill), note)
        for title, name, series, told, note, fill in drawn
    )
    return [(title, picture, note) for title, picture, note in pictures if picture is not None]


def _masked(series: tuple[Series, ...], mask: Callable[[str], str]) -> list[Series]:
    return [Series(mask(one.name), one.points) for one in series]


def _percent(value: float) -> str:
    return f"{value:.0f} %"


def _seconds(value: float) -> str:
    return f"{value:.2g} s"


def _told_pace(report: Report) -> str:
    view = report.status.view
    best = max((y for _, y in report.pace.points), default=0.0)
    return f"{_count(view.mean_rate)} over all, at best {_count(best)}"


def _told_stored(report: Report) -> str:
    view = report.status.view
    whole = "" if view.total is None else f" of {_count(view.total)}"
    return f"{_count(view.events)}{whole} in {duration(view.active)} of work"


def _told_uses(report: Report) -> str:
    few = [f"{it.pool}: {it.limit:,} in {span(it.window)}" for it in report.account.calls[:MOST_SERIES]]
    return "100 % is " + "; ".join(few)


def _shards(shards: tuple[Shard, ...], profile: Profile | None) -> list[dict[str, Any]]:
    most = sorted(shards, key=lambda shard: -(shard.rows + shard.met))[:MOST_SHARDS]
    return [_shard(shard, profile) for shard in sorted(most, key=lambda shard: shard.id)]


def _shard(shard: Shard, profile: Profile | None) -> dict[str, Any]:
    times = times_told(shard, profile)
    first, last = map(_number, (shard.low, shard.high)) if times is None else map(_time, times)
    return {
        "id": shard.id,
        "from": first,
        "to": last,
        "lane": shard.lane,
        "rows": _count(shard.rows),
        "met": _count(shard.met),
        "pages": _count(shard.pages),
        "proof": shard.checkpoint.proof or "",
    }


def _number(place: int | None) -> str:
    return "…" if place is None else f"{place:,}"


def _time(micros: int | None) -> str:
    told = None if micros is None else moment(micros / _MICROS).removesuffix(" UTC")
    return told or _number(micros)


def _findings(profile: Profile | None) -> list[Any]:
    found = () if profile is None else profile.findings
    return [finding for finding in found if finding.subject != LEAD]


def _leads(profile: Profile | None) -> int:
    found = () if profile is None else profile.findings
    return sum(finding.subject == LEAD for finding in found)
