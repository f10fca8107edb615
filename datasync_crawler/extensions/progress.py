"""Takes the view of the crawl every second, and lets every way of showing it draw that."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from scrapy import signals
from scrapy.utils.asyncio import create_looping_call

from datasync_crawler.domain.choices import read_choices
from datasync_crawler.domain.view import Health, State, View
from datasync_crawler.extensions.figures import tell_stats
from datasync_crawler.extensions.keeping import Keeping
from datasync_crawler.extensions.masking import masked
from datasync_crawler.extensions.memory import held_bytes
from datasync_crawler.extensions.shown import drawings_for
from datasync_crawler.extensions.troubles import Troubles
from datasync_crawler.flow.watching import Watch
from datasync_crawler.handlers import secrets_of

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

    from datasync_crawler.extensions.drawing import Drawing

logger = logging.getLogger(__name__)

_EVERY = 1.0
# Seconds that the end waits for a beginning: the database may have gone meanwhile.
_PATIENCE = 1.0


class Progress:
    """Shows the spider's run while it lasts; nothing that fails here costs the crawl more than being seen."""

    def __init__(self, crawler: Crawler) -> None:
        choices = read_choices(crawler.settings, keyed=False)
        self._crawler, self._key_life = crawler, choices.key_life
        self._patience = crawler.settings.getfloat("DATASYNC_STALL_SECONDS")
        self._keeping = Keeping(choices.database, id_only=choices.id_only) if choices.database else None
        self._drawings: list[Drawing] = drawings_for(choices)
        self._drawn: dict[Drawing, View] = {}
        self._secrets = secrets_of(crawler)
        self._troubles = Troubles(self._secrets)
        self._loop = create_looping_call(self._tick)
        self._watch: Watch | None = None
        self._last: View | None = None
        self._began = time.monotonic()
        self._beginning: asyncio.Future[None] | None = None
        crawler.signals.connect(self._opened, signal=signals.spider_opened)
        crawler.signals.connect(self._closed, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make one."""
        return cls(crawler)

    def _opened(self) -> None:
        logging.getLogger().addHandler(self._troubles)
        # The crawl does not wait until it can be seen.
        self._beginning = asyncio.ensure_future(self._begin())

    async def _begin(self) -> None:
        run, past = self._run, None
        if run is not None and self._keeping is not None:
            self._last = past = await self._keeping.past()
            self._drawings.append(self._keeping)
        if run is not None:
            self._watch = Watch(run, past, patience=self._patience)
        for drawing in list(self._drawings):
            try:
                await drawing.begin()
            except Exception as error:  # noqa: BLE001 - see the class
                self._give_up(drawing, error)
        self._loop.start(_EVERY, now=True)

    async def _closed(self) -> None:
        try:
            # Up to its first wait this goes before the monitors, which read the last figures.
            self._count_again(self._look())
            await self._begun()
            view = replace(self._look(), ended=True)
            for drawing in list(self._drawings):
                self._draw(drawing, view)
        finally:
            await asyncio.gather(*(self._end(drawing) for drawing in self._drawings))
            logging.getLogger().removeHandler(self._troubles)

    async def _begun(self) -> None:
        """Waits until everything has begun, though not for long, and lets it tick no more."""
        if self._beginning is not None:
            await asyncio.wait([self._beginning], timeout=_PATIENCE)
            self._beginning.cancel()
        if self._loop.running:
            self._loop.stop()

    @property
    def _run(self) -> Any:
        return getattr(self._crawler.spider, "run", None)

    def _tick(self) -> None:
        view = self._look()
        for drawing in list(self._drawings):
            if self._is_due(drawing, view):
                self._drawn[drawing] = view
                self._draw(drawing, view)

    def _is_due(self, drawing: Drawing, view: View) -> bool:
        """Whether it is time for a drawing; what no row tells of, if the crawl is killed, is kept at once."""
        drawn = self._drawn.get(drawing)
        if drawn is None or view.at - drawn.at >= drawing.every - _EVERY / 2:
            return True
        return drawing is self._keeping and (view.refused, view.faults) != (drawn.refused, drawn.faults)

    def _look(self) -> View:
        """The view now; where the run cannot be seen the last one, which says so."""
        try:
            self._last = self._first_look() if self._run is None else self._next_look()
        except Exception as error:
            health = Health(State.FAILED, (f"the run cannot be seen: {error!r}",))
            if self._last is None or self._last.health != health:
                logger.exception("The run cannot be seen")
            self._last = replace(self._last or View(0.0, "events"), at=time.time(), health=health)
        return masked(self._last, self._secrets)

    def _next_look(self) -> View:
        """What there is to see of the run, in the stats as well."""
        # A run may end before the ledger has told what there is to go on with.
        watch = self._watch or Watch(self._run, patience=self._patience)
        view = watch.look(self._troubles.lately, held_bytes())
        if self._crawler.stats is not None:
            tell_stats(self._crawler.stats, view, self._key_life)
        return view

    def _count_again(self, view: View) -> None:
        """Holds the rows that the run counted in against those that the verdict found in the table.

        Before the table has its key, what is counted may hold copies.
        """
        verdict = getattr(self._crawler.spider, "verdict", None)
        if verdict is not None and self._crawler.stats is not None:
            miscounted = 0 if self._run.loading else abs(view.events - verdict.count)
            self._crawler.stats.set_value("datasync/miscounted", miscounted)

    def _first_look(self) -> View:
        """What there is to see while nothing is drained."""
        failure = getattr(self._crawler.spider, "failure", None)
        health = Health() if failure is None else Health(State.FAILED, (str(failure),))
        return View(
            time.time(),
            "discover",
            active=time.monotonic() - self._began,
            memory=held_bytes(),
            troubles=self._troubles.lately,
            health=health,
        )

    def _draw(self, drawing: Drawing, view: View) -> None:
        try:
            drawing.draw(view)
        except Exception as error:  # noqa: BLE001 - see the class
            self._give_up(drawing, error)

    async def _end(self, drawing: Drawing) -> None:
        try:
            await drawing.end()
        except Exception as error:  # noqa: BLE001 - see the class
            logger.info("%s did not end well: %r", type(drawing).__name__, error)

    def _give_up(self, drawing: Drawing, error: Exception) -> None:
        logger.warning("%s shows nothing any more: %r", type(drawing).__name__, error)
        self._drawings.remove(drawing)
