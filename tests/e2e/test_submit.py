from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
import pytest

from bench.proxy import Proxy
from bench.wire_faults import Fault
from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.adapters.submission_lock import sole_submission
from datasync_crawler.domain.choices import origin_of
from datasync_crawler.domain.completeness import Verdict
from datasync_crawler.domain.page import Page, StoredPage
from datasync_crawler.domain.profile import Credential, Profile, Submission
from datasync_crawler.domain.shard import Checkpoint
from datasync_crawler.simulator import Simulator
from tests.adapters.counter import open_counter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.forked import Forks
    from bench.trial import Ended

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
REPO = "https://example.org/someone/work"
EVENTS = 2000


@dataclass(frozen=True)
class Submitter:
    """Runs ``scrapy submit`` as a user does, in a state and on a database of its own."""

    state: Path
    database: str
    key: str
    forks: Forks
    api: str = "http://127.0.0.1:9/api"
    settings: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        chosen = {
            "STATE_DIR": str(self.state),
            "DATABASE_URL": self.database,
            "TARGET_API_KEY": self.key,
            "API_BASE_URL": self.api,
        }
        return os.environ | {name: value for name, value in (chosen | self.settings).items() if value}

    def __call__(self, *options: str) -> Ended:
        self.output.mkdir(exist_ok=True)
        done = self.forks.start(("submit", *options), self.environment(), self.output).end(60)
        assert not self.key or self.key not in done.out + done.err
        return done

    @property
    def output(self) -> Path:
        """Where the commands' output is kept."""
        return self.state.with_name(f"{self.state.name}-output")

    def outcomes(self) -> list[str]:
        with Ledger(self.database) as ledger:
            return [record.outcome for record in ledger.submissions()]


def drain(submit: Submitter, ids: set[str], place: Submission | None, *, complete: bool = True) -> None:
    """Leaves a ledger as a run of the events does."""
    origin = origin_of(submit.api)
    with Ledger.open(submit.database) as ledger:
        ledger.bind(origin)
        profile = Profile(origin=origin, api_base=submit.api, endpoints=(), pools=(), lanes=(), submission=place)
        ledger.save_profile(profile.to_json())
        shard = ledger.plant([(None, None)])[0]
        page = Page(ids=sorted(ids), times=[None] * len(ids))
        proof = "the end was reached" if complete else None
        ledger.store(StoredPage(shard.id, ledger.lease(), "lane", page, Checkpoint(proof=proof)))
        against = () if complete else ("1 shard has no proven end",)
        ledger.remember("verdict", "complete", Verdict(complete, len(ids), against).to_json())


def place_of(simulator: Simulator) -> Submission:
    return Submission(simulator.url + "/api/v1/submissions", "github_repo", Credential("header", "X-API-Key"))


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(events=EVENTS, seed=7) as simulator:
        yield simulator


@pytest.fixture
def submit(simulator: Simulator, postgres_url: str, tmp_path: Path, forks: Forks) -> Submitter:
    simulator.reset()
    submit = Submitter(tmp_path / "state", postgres_url, simulator.key, forks, simulator.url)
    drain(submit, simulator.truth(), place_of(simulator))
    return submit


def one_line(text: str) -> str:
    (line,) = text.splitlines()
    return line


def test_a_complete_set_is_accepted_as_exact_once(simulator: Simulator, submit: Submitter) -> None:
    done = submit("--repo", REPO)
    assert (done.code, done.err) == (0, "")
    assert one_line(done.out).startswith(f"submission accepted: {EVENTS} events for {REPO}, id ")
    assert re.search(r", 4 left, 0m \d+s by the service's clock", done.out)
    (judged,) = simulator.score()["submissions"]
    assert (judged["count"], judged["missing"], judged["unknown"], judged["double"]) == (EVENTS, 0, 0, 0)
    assert judged["repository"] == REPO
    assert submit.outcomes() == ["accepted"]

    calls = simulator.score()["calls"]["keyed"]
    again = submit("--repo", REPO, "--again")
    assert again.code == 0
    assert one_line(again.out).startswith(f"already submitted: {EVENTS} events for {REPO} on 20")
    assert simulator.score()["calls"]["keyed"] == calls


def test_the_repository_may_come_from_the_environment(simulator: Simulator, submit: Submitter) -> None:
    assert replace(submit, settings={"GITHUB_REPO": REPO})().code == 0
    assert simulator.score()["submissions"][0]["repository"] == REPO


@pytest.mark.parametrize(
    ("options", "key", "words"),
    [
        ((), "a-key", "--repo"),
        (("--repo", "someone/work"), "a-key", "http"),
        (("--repo", REPO), "", "TARGET_API_KEY"),
        (("--repo", REPO, "--partial", "0"), "a-key", "--partial"),
        (("--repo", REPO, "more"), "a-key", "unexpected argument: more"),
    ],
    ids=["no repository", "no address", "no key", "no number", "too much"],
)
def test_wrong_use_is_one_line_and_exit_2(
    tmp_path: Path, forks: Forks, options: tuple[str, ...], key: str, words: str
) -> None:
    done = Submitter(tmp_path / "state", "", key, forks)(*options)
    assert (done.code, done.out) == (2, "")
    assert words in one_line(done.err)


def test_an_incomplete_set_is_refused_by_name_unless_its_count_is_typed(
    simulator: Simulator, postgres_url: str, tmp_path: Path, forks: Forks
) -> None:
    simulator.reset()
    some = set(sorted(simulator.truth())[:1500])
    submit = Submitter(tmp_path / "state", postgres_url, simulator.key, forks, simulator.url)
    drain(submit, some, place_of(simulator), complete=False)
    for options, words in [((), "1 shard has no proven end"), (("--partial", "1499"), "1500 events are stored")]:
        done = submit("--repo", REPO, *options)
        assert done.code == 1
        assert words in one_line(done.err)
    assert simulator.score()["submissions"] == []
    assert submit("--repo", REPO, "--partial", "1500").code == 0
    (judged,) = simulator.score()["submissions"]
    assert (judged["count"], judged["missing"], judged["unknown"]) == (1500, EVENTS - 1500, 0)


def test_a_table_that_is_not_what_was_proven_is_refused(simulator: Simulator, submit: Submitter) -> None:
    with Ledger(submit.database) as ledger, ledger.transaction() as cursor:
        cursor.execute("DELETE FROM ingested_events WHERE id = (SELECT id FROM ingested_events LIMIT 1)")
    done = submit("--repo", REPO)
    assert done.code == 1
    assert f"{EVENTS} events were proven, {EVENTS - 1} are stored" in one_line(done.err)
    assert simulator.score()["submissions"] == []


def test_a_dry_run_writes_the_file_without_a_call(simulator: Simulator, submit: Submitter) -> None:
    done = submit("--dry-run")
    assert done.code == 0
    file = submit.state / "submission.txt"
    assert str(file) in one_line(done.out)
    assert set(file.read_text().split("\n")) == simulator.truth()
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in submit.state.iterdir()] == ["submission.txt"]
    assert simulator.score()["calls"]["keyed"] == 0
    assert submit.outcomes() == []


def test_a_second_submission_at_once_exits_5(simulator: Simulator, submit: Submitter) -> None:
    with sole_submission(submit.database):
        done = submit("--repo", REPO)
    assert done.code == 5
    assert "another submission is under way" in one_line(done.err)
    assert simulator.score()["submissions"] == []


def test_of_two_submissions_at_once_one_is_sent(simulator: Simulator, submit: Submitter) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(submit, "--repo", REPO) for _ in range(2)]
        codes = sorted(one.result().code for one in both)
    # The second may come when the first has ended, and is then told that it is done.
    assert codes in ([0, 0], [0, 5])
    assert len(simulator.score()["submissions"]) == 1


def test_a_lost_answer_is_looked_up_and_found_accepted(postgres_url: str, tmp_path: Path, forks: Forks) -> None:
    with Simulator(events=100, submission_fault="lost") as simulator:
        submit = Submitter(tmp_path / "state", postgres_url, simulator.key, forks, simulator.url)
        drain(submit, simulator.truth(), place_of(simulator))
        done = submit("--repo", REPO)
        assert done.code == 0
        assert f"submission accepted: 100 events for {REPO}, 4 left" in done.out
        assert len(simulator.score()["submissions"]) == 1


def test_an_outcome_that_cannot_be_found_out_exits_3_and_is_repeated_only_by_again(
    postgres_url: str, tmp_path: Path, forks: Forks
) -> None:
    with Simulator(events=100, submission_fault="refused", submissions_listed=False) as simulator:
        submit = Submitter(tmp_path / "state", postgres_url, simulator.key, forks, simulator.url)
        drain(submit, simulator.truth(), place_of(simulator))
        for options in [(), (), ("--again",)]:
            done = submit("--repo", REPO, *options)
            assert done.code == 3
            assert "--again" in done.err.splitlines()[-1]
    assert submit.outcomes() == ["unknown", "unknown"]


def test_a_key_that_has_expired_exits_4_and_an_unknown_one_2(postgres_url: str, tmp_path: Path, forks: Forks) -> None:
    with open_counter() as counter:
        submit = Submitter(tmp_path / "state", postgres_url, "a-key", forks, counter.url)
        drain(submit, {"a", "b"}, counter.place())
        counter.ways = ['401 {"message": "API key expired"}', '401 {"message": "unknown API key"}']
        expired, unknown = submit("--repo", REPO), submit("--repo", REPO)
    assert (expired.code, unknown.code) == (4, 2)
    assert "API key expired" in one_line(expired.err)


@pytest.mark.parametrize(
    ("end", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, -15), (signal.SIGINT, 130)], ids=["kill", "term", "int"]
)
def test_a_submission_that_was_cut_off_is_looked_up_by_the_next(
    postgres_url: str, tmp_path: Path, forks: Forks, end: signal.Signals, code: int
) -> None:
    with open_counter() as counter:
        counter.ways = ["silent counted"]
        submit = Submitter(tmp_path / "state", postgres_url, "a-key", forks, counter.url)
        drain(submit, {"a", "b"}, counter.place())
        command = [sys.executable, "-m", "scrapy", "submit", "--repo", REPO]
        cut_off = subprocess.Popen(command, cwd=ROOT, env=submit.environment(), stderr=subprocess.DEVNULL)
        counter.during = lambda: cut_off.send_signal(end)
        assert cut_off.wait(30) == code
        assert submit.outcomes() == ["pending"]
        done = submit("--repo", REPO)
        assert done.code == 0
        assert one_line(done.out).startswith(f"already submitted: 2 events for {REPO}")
        assert len(counter.posts) == 1
    assert submit.outcomes() == ["accepted"]


def test_a_key_never_goes_to_another_origin_than_the_one_drained(simulator: Simulator, submit: Submitter) -> None:
    done = replace(submit, api="http://127.0.0.1:9/api")("--repo", REPO)
    assert done.code == 2
    assert f"belongs to {simulator.url}" in one_line(done.err)
    assert simulator.score()["calls"]["keyed"] == 0


def test_a_ledger_without_proof_or_place_says_so(postgres_url: str, tmp_path: Path, forks: Forks) -> None:
    submit = Submitter(tmp_path / "state", postgres_url, "a-key", forks)
    unproven = submit("--repo", REPO)
    drain(submit, {"a", "b"}, None)
    nowhere = submit("--repo", REPO)
    assert (unproven.code, nowhere.code) == (1, 1)
    assert "nothing was drained yet" in one_line(unproven.err)
    assert "no place to submit to is known" in one_line(nowhere.err)


@pytest.mark.parametrize("listed", [True, False], ids=["as the list tells", "as only the refusal tells"])
def test_one_more_than_are_allowed_is_refused_and_told(
    postgres_url: str, tmp_path: Path, forks: Forks, listed: bool
) -> None:
    with Simulator(events=100, submissions_allowed=1, submissions_listed=listed) as simulator:
        submit = Submitter(tmp_path / "state", postgres_url, simulator.key, forks, simulator.url)
        drain(submit, simulator.truth(), place_of(simulator))
        assert submit("--repo", REPO).code == 0
        with Ledger(submit.database) as ledger, ledger.transaction() as cursor:
            cursor.execute("DELETE FROM ingested_events WHERE id = (SELECT id FROM ingested_events LIMIT 1)")
        done = submit("--repo", REPO, "--partial", "99")
        assert done.code == 1
        assert re.search(r"no submission is left|All 1 submissions of this API key are used", done.err)
        assert len(simulator.score()["submissions"]) == 1


@pytest.mark.parametrize("fault", [Fault.UNSENT, Fault.RESET, Fault.TRUNCATED, Fault.GARBAGE], ids=lambda it: it.value)
def test_whatever_the_network_does_to_a_submission_it_is_spent_at_most_once(
    simulator: Simulator, postgres_url: str, tmp_path: Path, forks: Forks, fault: Fault
) -> None:
    simulator.reset()
    struck = iter([fault])
    with Proxy(simulator.url, lambda head: next(struck, Fault.NONE) if head[:4] == b"POST" else Fault.NONE) as proxy:
        submit = Submitter(tmp_path / "state", postgres_url, simulator.key, forks, proxy.url)
        drain(submit, simulator.truth(), replace_origin(place_of(simulator), proxy.url))
        done = submit("--repo", REPO)
        counted = simulator.score()["submissions"]
        assert (done.code, len(counted)) == ((1, 0) if fault is Fault.UNSENT else (0, 1)), done.err
        assert submit("--repo", REPO).code == 0
    (judged,) = simulator.score()["submissions"]
    assert (judged["count"], judged["missing"], judged["unknown"], judged["double"]) == (EVENTS, 0, 0, 0)


def replace_origin(place: Submission, origin: str) -> Submission:
    return msgspec.structs.replace(place, url=origin + urlsplit(place.url).path)
