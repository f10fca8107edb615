"""Logs: page items as one short line, and no secret in any record."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING, Any, Self

from scrapy.logformatter import LogFormatter, LogFormatterResult

from datasync_crawler.domain.choices import EXPOSED
from datasync_crawler.domain.texts import printable
from datasync_crawler.handlers import secrets_of

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from datasync_crawler.flow.secrets import Secrets

logger = logging.getLogger(__name__)

# Loggers that Scrapy opens to everything (None is the root), so that each page makes records that are thrown away.
_WIDE_OPEN = (None, "scrapy")


class QuietFormatter(LogFormatter):
    """Scrapy's formatter without the rows of a page in its lines (default: the whole item, megabytes)."""

    def scraped(
        self,
        item: Any,
        response: Response | Failure | None,  # noqa: ARG002 - Scrapy's signature
        spider: Spider,  # noqa: ARG002 - Scrapy's signature
    ) -> LogFormatterResult:
        """One line with the shard and the number of rows."""
        return {"level": logging.DEBUG, "msg": "stored %(page)s", "args": {"page": _page(item)}}

    def dropped(
        self,
        item: Any,
        exception: BaseException,
        response: Response | Failure | None,  # noqa: ARG002 - Scrapy's signature
        spider: Spider,  # noqa: ARG002 - Scrapy's signature
    ) -> LogFormatterResult:
        """One line with the reason, the shard and the number of rows."""
        args = {"page": _page(item), "reason": exception}
        return {"level": logging.WARNING, "msg": "dropped %(page)s: %(reason)s", "args": args}

    def item_error(
        self,
        item: Any,
        exception: BaseException,  # noqa: ARG002 - the traceback tells it
        response: Response | Failure | None,  # noqa: ARG002 - Scrapy's signature
        spider: Spider,  # noqa: ARG002 - Scrapy's signature
    ) -> LogFormatterResult:
        """One line with the shard and the number of rows, above the traceback."""
        return {"level": logging.ERROR, "msg": "an error at %(page)s", "args": {"page": _page(item)}}


def _page(item: Any) -> str:
    rows = len(item.page.ids) if hasattr(item, "page") else 0
    return f"page of shard {getattr(item, 'shard', '?')} with {rows} rows"


class MaskSecrets(logging.Filter):
    """Replaces every secret in a record's text by its word, and tells control characters instead of writing them.

    It sits on the handlers, so that no logger is forgotten.
    """

    def __init__(self, secrets: Secrets) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every record through, masked."""
        shown = self._shown(text_of(record))
        if record.args or shown != record.msg:
            record.msg, record.args = shown, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = self._shown(logging.Formatter().formatException(record.exc_info))
        if record.stack_info:
            record.stack_info = self._shown(record.stack_info)
        return True

    def _shown(self, text: str) -> str:
        return printable(self._secrets.mask(text))


def text_of(record: logging.LogRecord) -> str:
    """The record's message; one whose arguments do not fit, as a library may log it, has them behind it."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - whatever a foreign argument raises when it is written, the crawl goes on
        return f"{record.msg!r} with {type(record.args).__name__} that do not fit"


class MonitorsInBrief(logging.Filter):
    """Of Spidermon's some thirty lines each time, lets those through that name a monitor which fails."""

    _RESULT = re.compile(r"\[Spidermon\] \w+Monitor/.*\.\.\. (?!OK)")

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line tells something."""
        message = text_of(record)
        return not message.startswith("[Spidermon]") or self._RESULT.match(message) is not None


class LogFilters:
    """The extension that puts our filters on every handler of the root logger.

    Scrapy makes its handler anew right after the extensions, before anything is sent: so they are put on twice. It
    says first where the key lies open.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._filters = (MaskSecrets(secrets_of(crawler)), MonitorsInBrief())

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make one, which it does inside its event loop."""
        filters = cls(crawler)
        filters.put_on()
        asyncio.get_running_loop().call_soon(filters.put_on)
        if crawler.settings.getbool("DOTENV_EXPOSED"):
            logger.warning(EXPOSED)
        return filters

    def put_on(self) -> None:
        """Every handler that there is now has the filters, once.

        What none of them would take is not made, but for warnings, which others look for that come later.
        """
        handlers = logging.getLogger().handlers
        for handler in handlers:
            for each in self._filters:
                handler.addFilter(each)
        least = min([logging.WARNING, *(handler.level for handler in handlers)])
        for name in _WIDE_OPEN:
            logging.getLogger(name).setLevel(least)
