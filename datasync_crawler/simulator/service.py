"""The service as pure state: a call goes in at a moment, an answer comes out. No sockets, no waiting."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from datasync_crawler.simulator import submissions
from datasync_crawler.simulator.access import credential, feed_refused, key_refused, stream_access, stream_token
from datasync_crawler.simulator.answers import (
    Answer,
    balancer_error,
    cache_headers,
    refusal,
    too_many,
)
from datasync_crawler.simulator.faults import FaultKind, fault_of, in_outage
from datasync_crawler.simulator.files import FileServer
from datasync_crawler.simulator.keys import Account, pool_of
from datasync_crawler.simulator.reads import Reads
from datasync_crawler.simulator.routes import Atlas, Call, Route
from datasync_crawler.simulator.score import Score
from datasync_crawler.simulator.shelf import Kept, Shelf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datasync_crawler.simulator.limits import Verdict
    from datasync_crawler.simulator.sessions import Sessions
    from datasync_crawler.simulator.table import EventTable
    from datasync_crawler.simulator.wire import Wire
    from datasync_crawler.simulator.world import World


class Service:
    """Everything the service remembers of its callers. Times are seconds since 1970 and never run backwards."""

    def __init__(self, world: World, keys: Sequence[str], table: EventTable, sessions: Sessions, now: float) -> None:
        self.world = world
        self.table = table
        self._keys = tuple(keys)
        self._atlas = Atlas(world)
        self._files = FileServer(world)
        self._reads = Reads(world, table, sessions)
        self.reset(now)

    def reset(self, now: float) -> None:
        """Forget every caller, as if the service had just begun."""
        self.score = Score(now)
        self._accounts = {key: Account(key) for key in self._keys}
        self._shelf = Shelf()
        self._data_calls = 0

    def answer(self, call: Call) -> Answer:
        """The answer to a call that arrives at ``call.at``.

        A submission that may go on is answered 100: its body is to be read and given to ``submit``.
        """
        route = self._atlas.route(call.method, call.path)
        key, form = credential(self.world, call)
        account = None if route.name == "file" else self._accounts.get(key)
        self.score.called(route.name, call.at, keyed=account is not None)
        if in_outage(self.world, self.score.first_keyed, call.at):
            return replace(balancer_error(503), route=route.name)
        if account is not None:
            account.touch(call.at)
        if self._has_moved(call):
            answer = Answer(308, extra={"Location": f"{self.world.names.events_moved_to}?{urlencode(call.query)}"})
        elif not route.keyed or (route.name == "stats" and not self.world.stats_needs_key):
            answer = self._open(call, route)
        elif account is None or account.expired(self.world, call.at):
            answer = key_refused(self.world, key, account)
        else:
            answer = self._keyed(call, route, account, form)
        return replace(answer, route=route.name)

    def submit(self, call: Call, submission: submissions.Submission | None) -> Answer:
        """Take a submission that ``answer`` let go on; None is one that could not be read."""
        if submission is None:
            return refusal(400, "INVALID_BODY", "Request body must contain event IDs")
        account = self._accounts[credential(self.world, call)[0]]
        return submissions.take(self.world, account, call, submission)

    def sent(self, answer: Answer, wire: Wire, told_at: float) -> None:
        """An answer has reached its client; it was written down at ``told_at``."""
        if wire.status == 200 and wire.whole:
            if answer.page is not None:
                page = answer.page
                self.score.served(answer.route, page.low, page.high, wire.without)
                self.score.served_rows(row for row in page.rows if row not in wire.without)
            self.score.served_rows(answer.rows)
        if answer.page is not None and answer.keep_as is not None and answer.fault is None:
            until = told_at + self.world.span(self.world.cache_ttl)
            self._shelf.keep(answer.keep_as, Kept(answer.page, told_at, until))
        if answer.fault is not None and answer.fault.kind is FaultKind.REVOKED_TOKEN:
            for account in self._accounts.values():
                account.revoke(answer.token)

    def _open(self, call: Call, route: Route) -> Answer:
        """Answers that need no key."""
        if route.name == "root":
            return self._reads.root()
        if route.name == "health":
            return self._reads.health(call)
        if route.name == "stats":
            return self._reads.answer(call, "stats", self._hidden(call))
        if route.name == "options":
            return balancer_error(504)
        if route.name in ("file", "alive"):
            return self._files.answer(call.path)
        return refusal(404, "ENDPOINT_NOT_FOUND", "The requested endpoint does not exist")

    def _keyed(self, call: Call, route: Route, account: Account, form: str) -> Answer:
        """Answers that need a key: budget first, then what was kept, then the work itself."""
        asked = self._asked(call, account) if route.kept and self.world.cache and call.method == "GET" else None
        kept = self._shelf.find(asked, call.at) if asked else None
        free = kept is not None and not self.world.hits_count
        verdict, announced = self._judge(call, route, account, form, free=free)
        budget = self._told(verdict, call) if verdict is not None and announced else {}
        if verdict is not None and not verdict.allowed:
            return self._refused(route, verdict, budget, call)
        if kept is not None:
            return self._again(kept, call, budget)
        answer = self._work(call, route, account)
        if asked and answer.status == 200:
            budget |= cache_headers(self.world, hit=False, seconds=self.world.span(self.world.cache_ttl))
            answer = replace(answer, keep_as=asked)
        answer = replace(answer, extra=budget | dict(answer.extra))
        return self._struck(answer) if route.faulty and answer.page is not None and call.method == "GET" else answer

    def _judge(
        self, call: Call, route: Route, account: Account, form: str, *, free: bool
    ) -> tuple[Verdict | None, bool]:
        """What the call's pool says of it (None where nothing is counted), and whether that is announced.

        A free call is looked at only.
        """
        lifted = self.world.ways.lifts(call.headers)
        pool = pool_of(self.world, form if route.pool == "key" else route.pool, lifted=lifted) if route.pool else ""
        verdict = self._counted(call, account, pool, free=free) if pool else None
        announced = pool != "" and (route.pool != "feed" or self.world.feed_announced)
        if self.world.budgets.hidden_limit and (verdict is None or verdict.allowed):
            above = self._counted(call, account, "hidden", free=free)
            return (verdict, announced) if above is None or above.allowed else (above, False)
        return verdict, announced

    def _counted(self, call: Call, account: Account, pool: str, *, free: bool) -> Verdict | None:
        limiter = account.limiter(self.world, pool)
        if limiter is not None and free:
            return limiter.look(call.at)
        verdict = limiter.arrive(call.at) if limiter is not None else None
        self.score.counted(pool, allowed=verdict is None or verdict.allowed)
        return verdict

    def _told(self, verdict: Verdict, call: Call) -> dict[str, str]:
        """The headers that tell of a budget."""
        whole = self.world.whole
        return self.world.budgets.headers(verdict, whole(verdict.reset), whole(verdict.window), call.at)

    def _refused(self, route: Route, verdict: Verdict, budget: dict[str, str], call: Call) -> Answer:
        answer = too_many(self.world, verdict)
        if route.pool == "feed" and not self.world.feed_retry_after:
            return replace(answer, extra=budget)
        return replace(answer, extra=budget | self.world.budgets.retry_after(self.world.whole(verdict.reset), call.at))

    def _hidden(self, call: Call) -> int:
        """How many of the newest events have not come yet."""
        first = self.score.first_keyed
        return self.world.truth.hidden(None if first is None else (call.at - first) * self.world.speed)

    def _has_moved(self, call: Call) -> bool:
        """Whether the list of events is no longer where the call looks for it."""
        names, first = self.world.names, self.score.first_keyed
        if not names.events_moved_to or call.path.rstrip("/") != names.events or call.method != "GET":
            return False
        return call.at - (call.at if first is None else first) >= self.world.span(names.moves_after)

    def _asked(self, call: Call, account: Account) -> tuple[str, ...]:
        """What makes two calls ask the same: everything but the form of the key."""
        ways, keys = self.world.ways, (self.world.names.key_parameter, "apiKey")
        parts = sorted(f"{name}={value}" for name, value in call.query.items() if name not in keys)
        accepted = call.headers.get("accept", "") if ways.accept_forms else ""
        return (account.key, call.path, accepted, str(ways.lifts(call.headers)), *parts)

    def _again(self, kept: Kept, call: Call, budget: dict[str, str]) -> Answer:
        """The same body as was told before, under a request id of its own."""
        self.score.cache_hits += 1
        extra = budget | cache_headers(self.world, hit=True, seconds=kept.until - call.at)
        return Answer(200, request_id=str(uuid.uuid4()), extra=extra, page=kept.page, told_at=kept.told_at)

    def _work(self, call: Call, route: Route, account: Account) -> Answer:
        if route.name == "feed":
            refused = feed_refused(self.world, account, call)
            return refused or replace(
                self._reads.page(call, "feed", self._hidden(call)), token=stream_token(self.world, call)
            )
        if route.name == "stream-access":
            answer = stream_access(self.world, account, call)
            self.score.tokens += answer.status == 200
            return answer
        if route.name == "submissions":
            return submissions.listing(self.world, account)
        if route.name == "submit":
            return submissions.admission(self.world, account) or Answer(100)
        return self._reads.answer(call, route.name, self._hidden(call))

    def _struck(self, answer: Answer) -> Answer:
        """The answer with the fault that the world has in store for this data call."""
        self._data_calls += 1
        fault = fault_of(self.world, self._data_calls)
        if fault is None or (fault.kind is FaultKind.REVOKED_TOKEN and not answer.token):
            return answer
        self.score.faults[fault.kind] += 1
        return replace(answer, fault=fault)
