"""``scrapy crawl discover``: finds out how the API works and leaves the profile."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from scrapy import Request, Spider

from datasync_crawler.adapters.beginning import beginning
from datasync_crawler.adapters.browser import find_browser, launch_options
from datasync_crawler.adapters.planting import Planting
from datasync_crawler.adapters.profile_file import read_profile_file, write_description, write_profile_file
from datasync_crawler.adapters.recall import learned_pools
from datasync_crawler.adapters.saying import say
from datasync_crawler.adapters.state import identity
from datasync_crawler.adapters.worker import LedgerWorker
from datasync_crawler.domain.choices import origin_of, read_choices
from datasync_crawler.domain.discovery.conclude import conclude
from datasync_crawler.domain.discovery.describing import describe
from datasync_crawler.domain.discovery.earlier import known_pools, leads_of
from datasync_crawler.domain.discovery.keeping import begun_by
from datasync_crawler.domain.discovery.standin import stand_in
from datasync_crawler.domain.discovery.summary import summary
from datasync_crawler.domain.errors import ConfigurationError, DatasyncError
from datasync_crawler.domain.profile import read_profile
from datasync_crawler.domain.ways import numbered, upwards
from datasync_crawler.flow.clock import SystemClock
from datasync_crawler.handlers import secrets_of
from datasync_crawler.spiders.keyed import Interrogation
from datasync_crawler.spiders.keyless import FAILED, Approach

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy.http import Response
    from scrapy.settings import BaseSettings

    from datasync_crawler.domain.choices import Choices
    from datasync_crawler.domain.discovery.case import Case
    from datasync_crawler.domain.profile import Profile
    from datasync_crawler.spiders.rendering import Rendering

logger = logging.getLogger(__name__)

T = TypeVar("T")

# A shorter one would be found by chance within names.
_SHORTEST_KEY = 8
_HANDLER = "datasync_crawler.spiders.rendering.RenderingDownloadHandler"


class DiscoverSpider(Spider):
    """Learns without the key first, then asks few things with it; ``fresh=1`` makes a new profile in any case.

    ``failure`` holds the error that ended it, for the command's exit code; the stat ``datasync/outcome`` names it.
    """

    name = "discover"
    custom_settings = {"SPIDERMON_ENABLED": False, "ITEM_PIPELINES": {}}  # noqa: RUF012 - Scrapy's attribute, read once

    def __init__(self, *args: Any, fresh: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fresh = fresh.lower() in {"1", "true", "yes", "on"}
        self.failure: DatasyncError | None = None

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Adds the browser, where there is one."""
        super().update_settings(settings)
        try:
            browser = find_browser(settings.get("BROWSER_PATH") or "", settings.get("PLAYWRIGHT_BROWSERS_PATH") or "")
        except ConfigurationError:
            return
        if browser is not None:
            settings.set("PLAYWRIGHT_LAUNCH_OPTIONS", launch_options(browser), priority="spider")
            settings.set("PLAYWRIGHT_PROCESS_REQUEST_HEADERS", None, priority="spider")
            # Without it the number is taken from CONCURRENT_REQUESTS, where 0 would wait for ever.
            settings.set("PLAYWRIGHT_MAX_PAGES_PER_CONTEXT", 2, priority="spider")
            scheme = urlsplit(settings.get("DASHBOARD_URL") or settings.get("API_BASE_URL") or "").scheme
            settings.set("DOWNLOAD_HANDLERS", {scheme or "http": _HANDLER}, priority="spider")

    async def start(self) -> AsyncIterator[Any]:
        """Does all the work; nothing is left to callbacks."""
        outcome = "profile"
        try:
            choices = read_choices(self.settings)
            find_browser(self.settings.get("BROWSER_PATH") or "")
            profile = await self._profile(choices)
            say(summary(profile), aside=choices.words_aside)
        except DatasyncError as error:
            self.failure, outcome = error, type(error).__name__
        if self.crawler.stats is not None:
            self.crawler.stats.set_value("datasync/outcome", outcome)
        yield {"outcome": outcome}

    async def _profile(self, choices: Choices) -> Profile:
        origin, state = origin_of(choices.api_base), Path(choices.state)
        ledger = LedgerWorker(choices.database or "", id_only=choices.id_only)
        planting = Planting(ledger, identity(state))
        try:
            await ledger.do(lambda it: it.bind(origin))
            known = await self._known(ledger, state, choices)
            drained = await ledger.do(lambda it: it.count()) > 0
            if known is None:
                profile = await self._discover(planting, choices, known)
            elif self.fresh:
                profile = _fitting(known, await self._discover(planting, choices, known), drained=drained)
            elif leads_of(known):
                profile = await self._look_again(planting, choices, known, drained=drained)
            else:
                logger.info("The profile of %s is used again; --fresh makes a new one", choices.api_base)
                profile = known
            await planting.settle(profile.to_json())
            write_profile_file(state, profile)
        finally:
            await planting.end()
            await ledger.close()
        return profile

    async def _look_again(self, planting: Planting, choices: Choices, known: Profile, *, drained: bool) -> Profile:
        """A new profile, as the last drain met addresses that none had looked at; the known one where it must do."""
        logger.info("The last drain met new addresses: discovery looks again")
        try:
            profile = await self._discover(planting, choices, known)
        except DatasyncError as error:
            logger.warning("Nothing new was found: %s", error)
            return known
        return _fitting(known, profile, drained=drained)

    async def _known(self, ledger: LedgerWorker, state: Path, choices: Choices) -> Profile | None:
        """The profile of the same API, the ledger's before the file's."""
        document = await ledger.do(lambda it: it.profile())
        profile = read_profile(document) if document else read_profile_file(state)
        return profile if profile is not None and profile.api_base == choices.api_base else None

    async def _discover(self, planting: Planting, choices: Choices, earlier: Profile | None) -> Profile:
        ledger, origin, whole = planting.ledger, origin_of(choices.api_base), not choices.id_only

        async def keep_early(case: Case) -> None:
            if earlier is None and case.main is not None:
                profile = conclude(case, origin, time.time())
                await planting.plant(begun_by(case, profile, whole=whole, settled=False))

        case = await Approach(choices.api_base, choices.dashboard, self._send, self._render, leads_of(earlier)).case()
        pools = known_pools(earlier, await ledger.do(learned_pools))
        start, clock = time.monotonic(), SystemClock(await ledger.do(beginning))
        secrets, digest = secrets_of(self.crawler), choices.key_digest
        case = await Interrogation(self._send, secrets, ledger, digest, pools, clock, keep_early).run(case)
        logger.info("%d keyed calls in %.1f s", len(case.answers), time.monotonic() - start)
        # A service may repeat the key anywhere in its answers, and findings quote them.
        profile = self._masked(conclude(case, origin, time.time()))
        write_description(Path(choices.state), self._masked(describe(case, profile)))
        rows = await planting.plant(begun_by(case, profile, whole=whole))
        logger.info("%d rows of the probes are kept", rows)
        return profile

    def _masked(self, found: T) -> T:
        if len(self.settings["TARGET_API_KEY"]) < _SHORTEST_KEY:
            return found
        text = secrets_of(self.crawler).mask(msgspec.json.encode(found).decode())
        return msgspec.json.decode(text, type=type(found))

    async def _render(self, names: tuple[str, ...], stored: tuple[str, ...]) -> Rendering | None:
        if not self.settings.getdict("PLAYWRIGHT_LAUNCH_OPTIONS"):
            return None
        # A third of the time to start is the browser's library.
        from playwright.async_api import Error as PlaywrightError  # noqa: PLC0415

        from datasync_crawler.spiders.rendering import Rendering  # noqa: PLC0415

        choices = read_choices(self.settings)
        rendering = Rendering(choices.dashboard, stand_in(choices.key), names, stored)
        try:
            await self._send(rendering.request(self.settings["USER_AGENT"]))
        except (PlaywrightError, *FAILED) as error:
            logger.warning("The browser could not render %s: %s", choices.dashboard, str(error).split("\n")[0])
            return rendering if rendering.calls else None
        return rendering

    async def _send(self, request: Request) -> Response:
        if self.crawler.engine is None:
            raise RuntimeError("nothing can be sent before the crawl has begun")
        return await self.crawler.engine.download_async(request)


def _fitting(known: Profile, found: Profile, *, drained: bool) -> Profile:
    """The profile that was found, unless rows were ``drained`` already whose places it would count otherwise."""
    alike = (numbered(found), upwards(found)) == (numbered(known), upwards(known))
    if alike or not drained:
        return found
    logger.warning("The new profile would cut the stored set otherwise: the known one is kept")
    return known
