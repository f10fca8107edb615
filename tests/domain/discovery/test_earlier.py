from __future__ import annotations

from datasync_crawler.domain.discovery.conclude import conclude
from datasync_crawler.domain.discovery.earlier import known_pools, wait_for
from datasync_crawler.domain.profile import Pool
from tests.domain.discovery.answers import NOW, probe
from tests.domain.discovery.service import Service

POOLS = {"events-header": Pool("events-header", 2, 60.0, announced=True), "live-header": Pool("live-header")}


def test_a_pool_that_an_earlier_run_used_up_is_waited_for() -> None:
    departures = [("events-header", NOW - 50), ("events-header", NOW - 10)]
    assert 10 <= wait_for([probe()], POOLS, departures, NOW) < 11
    assert 50 <= wait_for([probe(), probe()], POOLS, departures, NOW) < 51


def test_nothing_is_waited_for_where_there_is_room_or_no_known_limit() -> None:
    assert wait_for([probe()], POOLS, [("events-header", NOW - 10)], NOW) == 0
    assert wait_for([probe(endpoint="live")], POOLS, [("live-header", NOW)] * 300, NOW) == 0
    assert wait_for([probe()], {}, [("events-header", NOW)] * 300, NOW) == 0


def test_pools_are_known_by_lane_with_what_was_learned_since() -> None:
    profile = conclude(Service(shared=True).conversation()[0], "http://h", NOW)
    learned = {"live-header": Pool("live-header", 200, 300.0)}
    pools = known_pools(profile, learned)
    assert pools["events-query"].name == "events-header"
    assert pools["live-header"].limit == 200
    assert known_pools(None, learned) == {}
