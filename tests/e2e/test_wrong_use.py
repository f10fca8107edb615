from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bench.trial import Trial
from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.adapters.state import held
from datasync_crawler.domain.page import Page, StoredPage
from datasync_crawler.domain.shard import Checkpoint
from tests.flow.worlds import THREE_LANES

if TYPE_CHECKING:
    from pathlib import Path

    from bench.forked import Forks
    from bench.trial import Ended
    from datasync_crawler.simulator import Simulator

pytestmark = pytest.mark.slow

NOBODY = "http://127.0.0.1:9/api/v1"
NONSENSE = {
    "ACCEPT_REJECTED": "-1",
    "API_BASE_URL": "somewhere",
    "AUTO_SUBMIT": "perhaps",
    "BROWSER_PATH": "/nowhere/chromium",
    "CURSOR_REFRESH_THRESHOLD": "soon",
    "DASHBOARD_URL": "ftp://127.0.0.1/",
    "DATABASE_URL": "mysql://127.0.0.1/events",
    "GIVE_UP_AFTER": "never",
    "ID_ONLY": "2",
    "KEY_LIFE_MINUTES": "0",
    "MAX_IN_FLIGHT": "0",
    "MAX_IN_FLIGHT_BYTES": "64MB",
    "PROGRESS": "loud",
    "RATE_LIMIT_BUFFER": "-1",
    "STATE_DIR": "/dev/null/state",
    "TARGET_API_KEY": "two words",
    "WEBHOOK_URL": "nobody",
    "WEB_HOST": "a host",
    "WEB_PORT": "http",
    "WORKER_CONCURRENCY": "1.5",
}


def complaint(ended: Ended) -> str:
    """The one line on stderr that is not of the log; what it is about must not be hidden by a traceback."""
    logged = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z]+ ")
    said = [line for line in ended.err.splitlines() if not logged.match(line)]
    assert len(said) == 1, ended.err
    return said[0]


@pytest.fixture
def wrong(service: Simulator, postgres_url: str, tmp_path: Path, forks: Forks) -> Trial:
    service.reset()
    return Trial(service, tmp_path, postgres_url, forks=forks)


def with_settings(trial: Trial, **settings: str) -> Trial:
    return replace(trial, settings=settings)


@pytest.mark.slow
def test_nonsense_in_any_setting_is_named_before_the_first_call(wrong: Trial) -> None:
    def tried(name: str) -> Ended:
        state = str(wrong.folder / name)
        return with_settings(wrong, **{"STATE_DIR": state, name: NONSENSE[name]}).run("ingest")

    with ThreadPoolExecutor(2) as pool:
        ended = dict(zip(NONSENSE, pool.map(tried, NONSENSE), strict=True))
    assert {name: one.code for name, one in ended.items()} == dict.fromkeys(NONSENSE, 2)
    assert [name for name, one in ended.items() if name not in complaint(one)] == []
    assert wrong.simulator.score()["calls"]["total"] == 0


@pytest.mark.parametrize("command", [("ingest",), ("crawl", "discover"), ("crawl", "events")], ids=" ".join)
def test_without_a_key_nothing_begins(wrong: Trial, command: tuple[str, ...]) -> None:
    ended = with_settings(wrong, TARGET_API_KEY="").run(*command)
    assert ended.code == 2
    assert "TARGET_API_KEY is not set" in complaint(ended)
    assert wrong.simulator.score()["calls"]["total"] == 0


def test_a_service_that_nobody_answers_for_is_named(wrong: Trial) -> None:
    ended = with_settings(wrong, API_BASE_URL=NOBODY).run("crawl", "discover")
    assert ended.code == 2
    assert f"nothing answers at {NOBODY}" in complaint(ended)


def test_a_key_that_is_refused_is_not_printed(wrong: Trial) -> None:
    ended = with_settings(wrong, TARGET_API_KEY="sesame-open").run("crawl", "discover")
    assert ended.code == 2
    assert "refused the key" in complaint(ended)
    assert "sesame-open" not in ended.out + ended.err


@pytest.mark.parametrize("command", [("crawl", "discover"), ("crawl", "events")], ids=" ".join)
def test_a_database_that_cannot_be_reached_is_told_before_the_first_call(
    wrong: Trial, command: tuple[str, ...]
) -> None:
    ended = with_settings(wrong, DATABASE_URL="postgresql://me:hush@127.0.0.1:9/events").run(*command)
    assert ended.code == 1
    assert "the database cannot be reached" in complaint(ended)
    assert "hush" not in ended.err
    assert wrong.simulator.score()["calls"]["keyed"] == 0


@pytest.mark.parametrize("command", [("ingest",), ("crawl", "discover")], ids=" ".join)
def test_a_second_run_on_the_same_state_exits_5(wrong: Trial, command: tuple[str, ...]) -> None:
    with held(wrong.state):
        ended = wrong.run(*command)
    assert ended.code == 5
    assert str(wrong.state) in complaint(ended)
    assert wrong.simulator.score()["calls"]["total"] == 0


@pytest.mark.parametrize(
    ("command", "settings", "words"),
    [
        (("ingest",), {"AUTO_SUBMIT": "true", "GITHUB_REPO": ""}, "AUTO_SUBMIT=true needs GITHUB_REPO"),
        (("ingest", "more"), {}, "unexpected argument: more"),
        (("crawl", "events"), {}, "run scrapy crawl discover first"),
        (("crawl", "everything"), {}, "there is no spider 'everything'"),
    ],
    ids=["no repository", "too much", "no profile", "no such spider"],
)
def test_wrong_use_is_one_line_and_exit_2(
    wrong: Trial, command: tuple[str, ...], settings: dict[str, str], words: str
) -> None:
    ended = with_settings(wrong, **settings).run(*command)
    assert (ended.code, ended.out) == (2, "")
    assert words in complaint(ended)
    assert wrong.simulator.score()["calls"]["total"] == 0


def test_a_profile_that_does_not_fit_the_rows_is_told_of_by_a_line_and_exit_2(wrong: Trial) -> None:
    with Ledger.open(wrong.database) as ledger:
        ledger.bind(wrong.simulator.url)
        ledger.save_profile(THREE_LANES.to_json())
        shard = ledger.plant([(None, None)])[0].id
        ledger.store(StoredPage(shard, ledger.lease(), "lane", Page(["a"], [None]), Checkpoint()))
        ledger.remember("places", "places", b'"numbers"')
    ended = wrong.run("crawl", "events")
    assert ended.code == 2
    assert "the new profile cuts the set otherwise" in complaint(ended)
    assert wrong.simulator.score()["calls"]["total"] == 0


def test_what_was_not_drained_is_not_verified(wrong: Trial) -> None:
    ended = wrong.run("verify")
    assert ended.code == 1
    assert "nothing was drained yet" in complaint(ended)
