"""Calls of discovery stand in the ledger at the moment they leave."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from scrapy.exceptions import DownloadTimeoutError

from datasync_crawler.domain.discovery.exchange import Question
from datasync_crawler.domain.discovery.plan import next_round
from datasync_crawler.flow.secrets import Secrets
from datasync_crawler.spiders.keyed import Interrogation
from tests.domain.discovery.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from datasync_crawler.adapters.ledger import Call
    from datasync_crawler.domain.discovery.case import Case


class Noted:
    """A ledger of calls, and who works on it."""

    def __init__(self) -> None:
        self.noted: list[Call] = []

    def note_calls(self, calls: Sequence[Call]) -> None:
        self.noted += calls

    def calls(self, _key: str, _since: float) -> list[Call]:
        return []

    async def do(self, work: Callable[[Noted], Any]) -> Any:
        return work(self)


async def test_the_case_so_far_is_handed_out_while_a_later_round_is_under_way() -> None:
    service, ledger = Service(), Noted()
    heard: list[tuple[int, int]] = []

    async def nothing(_: object) -> Any:
        raise DownloadTimeoutError

    async def meanwhile(case: Case) -> None:
        heard.append((case.rounds, len(ledger.noted)))

    case = service.case()
    first = tuple(service.answer(probe, 0) for probe in next_round(case))
    after = await Interrogation(nothing, Secrets("k"), ledger, "digest", {}, meanwhile=meanwhile).run(  # type: ignore[arg-type]
        case.learned(first)
    )
    rounds, noted = heard[0]
    assert rounds == 1
    assert 0 < noted <= len(after.answers) - len(first)


async def test_nothing_is_handed_out_before_the_first_answers() -> None:
    async def nothing(_: object) -> Any:
        raise DownloadTimeoutError

    async def meanwhile(case: Case) -> None:
        assert case.answers

    await Interrogation(nothing, Secrets("k"), Noted(), "digest", {}, meanwhile=meanwhile).run(Service().case())  # type: ignore[arg-type]


async def test_a_call_that_leaves_a_moment_after_its_round_is_noted_at_that_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def at_once(_: float) -> None: ...

    async def nothing(_: object) -> Any:
        raise DownloadTimeoutError

    service, ledger = Service(), Noted()
    case = service.case()
    case = case.learned(tuple(service.answer(probe, 0) for probe in next_round(case)))
    probes = next_round(case)
    monkeypatch.setattr(asyncio, "sleep", at_once)
    await Interrogation(nothing, Secrets("k"), ledger, "digest", {}).run(case)  # type: ignore[arg-type]
    late = next(at for at, probe in enumerate(probes) if probe.question is Question.SHARE)
    assert probes[late].delay > 0
    assert ledger.noted[late].at - ledger.noted[0].at == pytest.approx(probes[late].delay, abs=0.001)
