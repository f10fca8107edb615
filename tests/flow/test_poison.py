"""Rows that spoil their page: it is asked for again, and what stays wrong costs no other row."""

from __future__ import annotations

import json
import re

import pytest

from datasync_crawler.domain.profile import Profile
from datasync_crawler.flow.answers import Answer
from tests.flow.drain import drain
from tests.flow.fake_clock import play
from tests.flow.fake_service import Service, Visit
from tests.flow.worlds import FREE, ONE_CHAIN, service

ROW = b'"00000777"'
EVERY_TIME = 1_000


def spoiled(instead: bytes, *, times: int = EVERY_TIME) -> Service:
    """A service that writes something else for an id, the first so many times that it serves it."""

    def fault(visit: Visit) -> Answer | None:
        page = asked.page(visit)
        if page.status != 200 or ROW not in page.body or len(seen) == times:
            return None
        seen.append(visit)
        return Answer(200, {}, page.body.replace(ROW, instead))

    seen: list[Visit] = []
    asked = service(count=1_500, fault=fault)
    return asked


UNREADABLE = {
    "not a number": b'"00000777","x":NaN',
    "infinite": b'"00000777","x":-Infinity',
    "not UTF-8": b'"00000777","x":"\xff\xfe"',
    "half a pair": rb'"00000777","x":"\ud83d"',
    "bare control characters": b'"00000777","x":"\x00\t\n"',
    "deep": b'"00000777","x":' + b"[" * 3_000 + b"]" * 3_000,
}


@pytest.mark.parametrize("instead", UNREADABLE.values(), ids=UNREADABLE)
def test_a_page_that_is_no_json_for_one_value_s_sake_is_stored_whole(instead: bytes) -> None:
    drained = play(drain(spoiled(instead), FREE))
    assert drained.whole
    assert drained.book.rejected == []


@pytest.mark.parametrize("instead", [b"NaN", b'"\xff"', rb'"\ud83d"', b"[[[]]]", b"{}", b"true", b"1.5"])
def test_an_id_that_cannot_be_read_is_asked_for_again_and_kept_apart(instead: bytes) -> None:
    drained = play(drain(spoiled(instead), FREE))
    assert drained.run.failure is None
    assert len(drained.book.rows) == 1_499
    (row,) = {(row.reason, row.raw) for row in drained.book.rejected}
    assert instead in row[1]


@pytest.mark.parametrize("instead", [b"NaN", b'"\xff"', b"null", b'"00000777'])
def test_a_page_that_was_spoiled_once_is_taken_whole_the_second_time(instead: bytes) -> None:
    drained = play(drain(spoiled(instead, times=1), FREE))
    assert drained.whole
    assert drained.book.rejected == []
    assert all(lane.faults <= 1 for lane in drained.run.lanes.values())


@pytest.mark.parametrize("time", [b"1e400", b'"soon"', b"-99999999999999999999", b"{}", b"null", b"NaN"])
def test_an_absurd_time_costs_no_row(time: bytes) -> None:
    absurd = service(count=1_500, fault=lambda visit: at_an_absurd_time(absurd.page(visit), time))
    drained = play(drain(absurd, FREE))
    assert drained.whole
    assert drained.book.rejected == []


def at_an_absurd_time(page: Answer, time: bytes) -> Answer | None:
    """The page, if the row is in it, with something else for the row's time."""
    row = next((row for row in re.findall(rb"\{[^{}]*\}", page.body) if ROW in row), None)
    if page.status != 200 or row is None:
        return None
    changed, times = re.subn(rb'("at": )\d+', rb"\g<1>" + time, row)
    assert times == 1
    return Answer(200, {}, page.body.replace(row, changed))


@pytest.mark.parametrize("world", [FREE, ONE_CHAIN], ids=["cut", "chain"])
def test_pages_of_nothing_that_can_be_stored_are_gone_behind_once_each(world: Profile) -> None:
    """More rows in a row without an id than two pages hold."""
    lost = {number for _, number in service(count=600).rows[200:320]}

    def fault(visit: Visit) -> Answer | None:
        page = asked.page(visit)
        shown = json.loads(page.body)
        for row in shown.get("rows", ()):
            row["no"] = None if row["no"] in lost else row["no"]
        return Answer(page.status, page.headers, json.dumps(shown).encode())

    asked = service(count=600, fault=fault)
    drained = play(drain(asked, world, most_at_once=1))
    assert len(drained.book.rows) == 480
    assert len(drained.asks) < 60
    assert len({row.raw for row in drained.book.rejected}) > 100  # some share their time, and now all they have
