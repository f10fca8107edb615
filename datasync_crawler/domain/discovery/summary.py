"""The profile in words for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from datasync_crawler.domain.profile import Endpoint, Pool, Profile
from datasync_crawler.domain.telling import span


def summary(profile: Profile) -> str:
    """What was found, a line a fact; never holds a secret."""
    return "\n".join(_lines(profile))


def _lines(profile: Profile) -> Iterator[str]:
    yield _line("API", profile.api_base)
    for endpoint in profile.endpoints:
        yield from _endpoint(endpoint)
    for lane in profile.lanes:
        key = f"key by {lane.credential.place} {lane.credential.name}"
        yield _line("lane", f"{lane.name}: {key}, pool {_pool(profile.pool(lane.pool))}")
    for name, total in profile.totals:
        yield _line("total", f"{total} ({name})")
    for name, micros in (("newest", profile.newest), ("oldest", profile.oldest)):
        if micros is not None:
            moment = datetime.fromtimestamp(micros / 1e6, tz=UTC)
            yield _line(name, moment.isoformat(timespec="milliseconds"))
    if profile.submission:
        yield _line("submissions", f"{profile.submission.url}?{profile.submission.repository_param}=")
    for warning in profile.warnings:
        yield _line("warning", warning)


def _endpoint(endpoint: Endpoint) -> Iterator[str]:
    order = "newest first" if endpoint.descending else "oldest first"
    if endpoint.streamed:
        told = f"everything at once as {endpoint.format}, {order}, begins after {endpoint.latency:.1f} s"
        yield _line("endpoint", f"{endpoint.name}: {endpoint.url}, {told}")
        return
    speed = f"{endpoint.cap} rows a page, {order}, {endpoint.latency:.1f} s a page"
    yield _line("endpoint", f"{endpoint.name}: {endpoint.url}, {speed}")
    for name, value in endpoint.headers:
        yield _line("", f"asked with {name}: {value}")
    ways = ", ".join(_ways(endpoint))
    yield _line("", f"starts anywhere by {ways}" if ways else "is walked from its first row")
    if endpoint.grant:
        grant = endpoint.grant
        yield _line("", f"token by {grant.method} {grant.url}, good for {grant.life_seconds:g} s")


def _ways(endpoint: Endpoint) -> Iterator[str]:
    if endpoint.cursor:
        yield "cursors of our own"
    since = (endpoint.since_param, endpoint.since_inclusive)
    for name, inclusive in (since, (endpoint.until_param, endpoint.until_inclusive)):
        if inclusive is not None:
            yield f"{name} ({'inclusive' if inclusive else 'exclusive'})"


def _pool(pool: Pool) -> str:
    told = f"{pool.limit} calls in {span(pool.window)}" if pool.limit and pool.window else "no limit announced"
    return f"{pool.name} ({told})"


def _line(subject: str, words: str) -> str:
    return f"{subject:12} {words}"
