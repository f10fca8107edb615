"""A spot check finds what is missing, and keeps the service's limits."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from datasync_crawler.domain.errors import DatasyncError, KeyExpired, KeyRefused, NotComplete
from datasync_crawler.flow.answers import Answer
from datasync_crawler.flow.spotting import Spots, spot_check
from tests.flow.drain import Drain
from tests.flow.fake_clock import play
from tests.flow.fake_service import KEY
from tests.flow.streams import BY_EXPORT, EXPORT, Stream, StreamDrain
from tests.flow.worlds import FEED_ONLY, FREE, ONE_CHAIN, THREE_LANES, profile, service, slow_service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def spotted(make: Callable[[], Drain], rows: int, *, without: Callable[[str], bool] = lambda _: False) -> Spots:
    """A check of a set that was drained and lost those rows since."""

    async def scene() -> Spots:
        drained = await make().carry_out()
        kept = {id_ for id_ in drained.book.rows if not without(id_)}

        async def send(url: str, headers: Mapping[str, str]) -> Answer:
            filled = {name: value.replace("{key}", KEY) for name, value in headers.items()}
            return await drained.service.answer("GET", url.replace("{key}", KEY), filled)

        async def stored(ids: Sequence[str]) -> set[str]:
            return kept & set(ids)

        return await spot_check(drained.run, rows, send, stored, Random(7))

    return play(scene())


@pytest.mark.parametrize("rows", [1, 7, 40])
def test_of_a_whole_set_nothing_is_missed(rows: int) -> None:
    assert spotted(lambda: Drain(service(), FREE), rows) == Spots(rows, ())


def test_rows_that_were_lost_are_found_missing() -> None:
    spots = spotted(lambda: Drain(service(), FREE), 60, without=lambda id_: int(id_) % 2 == 0)
    assert 10 < len(spots.missing) < 50
    assert all(int(id_) % 2 == 0 for id_ in spots.missing)


def test_where_a_stream_alone_leads_to_the_set_no_random_place_can_be_looked_at() -> None:
    with pytest.raises(NotComplete, match="random places"):
        spotted(lambda: StreamDrain(Stream(service()), profile(BY_EXPORT, endpoints=(EXPORT,))), 5)


def test_a_check_waits_for_its_budget() -> None:
    """The drain has just used its window up."""

    async def scene() -> int:
        drained = await Drain(slow_service(pages=9), THREE_LANES).carry_out()
        begun = drained.clock.monotonic()

        async def send(url: str, headers: Mapping[str, str]) -> Answer:
            filled = {name: value.replace("{key}", KEY) for name, value in headers.items()}
            return await drained.service.answer("GET", url.replace("{key}", KEY), filled)

        async def stored(ids: Sequence[str]) -> set[str]:
            return set(ids)

        for _ in range(4):
            await spot_check(drained.run, 40, send, stored, Random(7))
        assert drained.clock.monotonic() > begun + 30.0
        return sum(meter.refused for name, meter in drained.service.meters.items() if name != "/feed")

    assert play(scene()) == 0


@pytest.mark.parametrize("world", [ONE_CHAIN, FEED_ONLY], ids=["one chain", "behind a token"])
def test_where_nothing_leads_to_random_places_that_is_said(world: object) -> None:
    with pytest.raises(NotComplete, match="no spot check"):
        spotted(lambda: Drain(service(), world), 5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "worked", "error"),
    [
        (Answer(401, {}, b"{}"), False, KeyRefused),
        (Answer(403, {}, b"{}"), False, KeyRefused),
        (Answer(401, {}, b'{"error": "API key expired"}'), False, KeyExpired),
        (Answer(401, {}, b"{}"), True, KeyExpired),
        (Answer(500, {}, b"{}"), True, NotComplete),
    ],
)
def test_an_answer_that_blames_the_key_ends_the_check_as_it_ends_a_drain(
    answer: Answer, worked: bool, error: type[DatasyncError]
) -> None:
    async def send(_url: str, _headers: Mapping[str, str]) -> Answer:
        return answer

    async def stored(ids: Sequence[str]) -> set[str]:
        return set(ids)

    async def scene() -> None:
        drained = await Drain(service(), FREE).carry_out()
        drained.run.key_worked = worked
        with pytest.raises(error):
            await spot_check(drained.run, 5, send, stored, Random(7))

    play(scene())


def test_a_call_that_fails_for_the_moment_is_tried_again() -> None:
    async def scene() -> tuple[int, int]:
        drained = await Drain(service(), FREE).carry_out()
        broken = iter(
            [Answer(503, {}, b"{}"), Answer(200, {}, b'{"rows": [{"no"'), NotComplete("no spot check: reset")]
        )
        sent = 0

        async def send(url: str, headers: Mapping[str, str]) -> Answer:
            nonlocal sent
            sent += 1
            trouble = next(broken, None) if sent % 2 else None
            if isinstance(trouble, NotComplete):
                raise trouble
            filled = {name: value.replace("{key}", KEY) for name, value in headers.items()}
            return trouble or await drained.service.answer("GET", url.replace("{key}", KEY), filled)

        async def stored(ids: Sequence[str]) -> set[str]:
            return set(ids)

        return (await spot_check(drained.run, 40, send, stored, Random(7))).looked_at, sent

    assert play(scene()) == (40, 8)


@pytest.mark.parametrize(
    ("trouble", "calls", "said"),
    [
        (Answer(503, {}, b"{}"), 3, "status 503"),
        (Answer(404, {}, b"{}"), 1, "status 404"),
        (Answer(200, {}, b"{"), 3, "not JSON"),
    ],
)
def test_one_that_keeps_failing_is_told_of(trouble: Answer, calls: int, said: str) -> None:
    async def scene() -> int:
        drained = await Drain(service(), FREE).carry_out()
        sent = 0

        async def send(_url: str, _headers: Mapping[str, str]) -> Answer:
            nonlocal sent
            sent += 1
            return trouble

        async def stored(ids: Sequence[str]) -> set[str]:
            return set(ids)

        with pytest.raises(NotComplete, match=f"^no spot check: .*{said}"):
            await spot_check(drained.run, 40, send, stored, Random(7))
        return sent

    assert play(scene()) == calls
