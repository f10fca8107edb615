"""``scrapy crawl``: Scrapy's own, with the settings checked first, the state held, and an honest exit code."""

from __future__ import annotations

import gc
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.spiderloader import get_spider_loader

from datasync_crawler.adapters.ledger import Ledger
from datasync_crawler.adapters.saying import say
from datasync_crawler.adapters.state import database, held, identity
from datasync_crawler.commands.ending import INTERRUPTED, end_now, end_within
from datasync_crawler.commands.leaving import leave_report, note_environment
from datasync_crawler.commands.parent import add_parent_options, follow_parent
from datasync_crawler.commands.proof import prove
from datasync_crawler.commands.turn import await_turn
from datasync_crawler.domain.choices import Choices, origin_of, read_choices
from datasync_crawler.domain.completeness import Verdict
from datasync_crawler.domain.errors import ConfigurationError, DatasyncError, NotComplete
from datasync_crawler.flow.secrets import Secrets

if TYPE_CHECKING:
    import argparse

    from scrapy import Spider
    from scrapy.crawler import Crawler

# The ledger's threads take the interpreter for moments, many times a page: at Python's default of 5 ms each of them
# would wait that long behind the event loop.
_SWITCH_SECONDS = 0.0005
# Loggers that tell at every start which components are enabled.
_CHATTY = ("scrapy.addons", "scrapy.crawler", "scrapy.middleware", "scrapy.utils.log", "scrapy-playwright")


class Command(ScrapyCrawl):
    """Runs a spider; the exit code says what became of it."""

    # Made by us, once everything is checked: it opens an event loop and the log.
    requires_crawler_process = False

    def long_desc(self) -> str:
        """What ``--help`` shows."""
        return (
            "Runs a spider of this project: discover finds out how the API works, events drains it. Exit: 0 complete, "
            "1 not complete but resumable, 2 wrong use or refused key, 4 key expired, 5 the state is held. "
            "Example: scrapy crawl discover && scrapy crawl events -s JOBDIR=state"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options and ours."""
        super().add_options(parser)
        parser.add_argument("--fresh", action="store_true", help="discover: make a new profile although there is one")
        parser.add_argument("--recheck", action="store_true", help="events: ask again although the set is complete")
        add_parent_options(parser)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Runs the spider named by the one argument."""
        assert self.settings is not None
        for chatty in _CHATTY:
            # A filter and no level, which Scrapy sets anew when it opens its log.
            logging.getLogger(chatty).addFilter(_is_warning)
        if not follow_parent(opts, *args[:1]):
            return
        try:
            _check_spider(args, get_spider_loader(self.settings).list())
            choices = read_choices(self.settings)
            state = Path(choices.state)
            with held(state), database(choices.database, state) as url:
                self.settings.set("DATABASE_URL", url, priority="cmdline")
                # Of Scrapy's own, so that -s MAX_IN_FLIGHT_BYTES counts as well. A page that waits to be stored is
                # held as an answer, as rows and as a transaction; with whole events that was measured to be more.
                waiting = choices.most_bytes_in_flight // (3 if choices.id_only else 9)
                self.settings.set("SCRAPER_SLOT_MAX_ACTIVE_SIZE", waiting, priority="cmdline")
                self.exitcode = self._crawl(args, opts, choices, url)
        except DatasyncError as error:
            print(f"scrapy crawl: {secrets_free(str(error), self.settings)}", file=sys.stderr)
            self.exitcode = error.exit_code
        except KeyboardInterrupt:
            self.exitcode = INTERRUPTED

    def _crawl(self, args: list[str], opts: argparse.Namespace, choices: Choices, url: str) -> int:
        assert self.settings is not None
        if args == ["events"]:
            verdict = _ready(choices, url, recheck=opts.recheck)
            if verdict is not None:
                leave_report(url, choices)
                say(f"already complete: {verdict.count} events", aside=choices.words_aside)
                return 0
            note_environment(url, choices, self.settings)
        if opts.fresh:
            opts.spargs["fresh"] = "1"
        sys.setswitchinterval(_SWITCH_SECONDS)
        self.crawler_process = process = _Process(self.settings)
        super().run(args, opts)
        # At its end Python would look through all that was found out for circles: half a second, which is the key's.
        gc.freeze()
        if args == ["events"] or _profiled(self._crawler):
            # After a discovery that went well the next step is waited for, and it leaves one.
            leave_report(url, choices, self._crawler)
        assert self._crawler.stats is not None
        if process.signal is not None and self._crawler.stats.get_value("finish_reason") != "finished":
            return 128 + process.signal
        spider: Any = self._crawler.spider
        if getattr(spider, "failure", None) is not None:
            raise spider.failure
        if self.crawler_process.bootstrap_failed:
            return 1
        if args != ["events"]:
            return _profiled(self._crawler)
        say(f"complete: {_proven(self._crawler)} events", aside=choices.words_aside)
        return 0

    def _create_crawler(self, spidercls: type[Spider] | str) -> Crawler:
        self._crawler = super()._create_crawler(spidercls)
        return self._crawler


class _Process(AsyncCrawlerProcess):
    """Scrapy's own, which remembers the signal that ended it, and ends soon after one and at once after two."""

    signal: int | None = None

    def _signal_shutdown(self, signum: int, frame: Any) -> None:
        # To import it is to choose it.
        from twisted.internet import reactor

        self.signal = signum
        end_within(128 + signum)
        reactor.callFromThread(self._abandon)
        super()._signal_shutdown(signum, frame)

    def _abandon(self) -> None:
        """Scrapy cancels what it is waiting for, which need not be the spider's next call."""
        for crawler in self.crawlers:
            abandon = getattr(crawler.spider, "abandon", None)
            if abandon is not None:
                abandon()

    def _signal_kill(self, signum: int, _frame: Any) -> None:
        end_now(128 + signum, "told to twice")


def _is_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def _check_spider(args: list[str], known: list[str]) -> None:
    if len(args) == 1 and args[0] not in known:
        raise ConfigurationError(f"there is no spider {args[0]!r}; there are: {', '.join(sorted(known))}")


def secrets_free(text: str, settings: Any) -> str:
    """The text without the key, however it is spelled there."""
    return Secrets(settings.get("TARGET_API_KEY") or "").mask(text)


def _ready(choices: Choices, url: str, *, recheck: bool) -> Verdict | None:
    """Checks that there is something to drain by; gives the verdict when the set is complete already."""
    with Ledger.open(url, id_only=choices.id_only) as ledger:
        ledger.bind(origin_of(choices.api_base))
        if ledger.profile() is None:
            raise ConfigurationError("no profile yet: run scrapy crawl discover first")
        await_turn(ledger, identity(Path(choices.state)), choices.give_up_after)
        if recheck:
            ledger.reopen()
            return None
        try:
            return prove(ledger)[0]
        except NotComplete:
            return None


def _profiled(crawler: Crawler) -> int:
    """0 when discovery left a profile; whatever else ended it was logged."""
    return 0 if crawler.stats.get_value("datasync/outcome") == "profile" else 1


def _proven(crawler: Crawler) -> int:
    """The events of a set that is proven complete, else NotComplete; names the monitors that failed."""
    spider: Any = crawler.spider
    verdict: Verdict | None = getattr(spider, "verdict", None)
    assert crawler.stats is not None
    reason = crawler.stats.get_value("finish_reason")
    if verdict is not None and verdict.complete:
        failed = crawler.stats.get_value("datasync/monitors_failed") or []
        for name in failed:
            print(f"monitor failed: {name.partition('/')[0]}", file=sys.stderr)
        return verdict.count
    raise NotComplete("not complete: " + ("; ".join(verdict.against) if verdict else f"the crawl ended: {reason}"))
