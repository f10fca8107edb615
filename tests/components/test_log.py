"""Logs: a page is one short line, and no secret is in any."""

from __future__ import annotations

import asyncio
import io
import logging
from typing import TYPE_CHECKING, Any

import pytest
from scrapy.exceptions import DropItem

from datasync_crawler.domain.page import Page, StoredPage
from datasync_crawler.domain.shard import Checkpoint
from datasync_crawler.flow.secrets import Secrets
from datasync_crawler.log import LogFilters, MaskSecrets, MonitorsInBrief, QuietFormatter
from tests.components.secret import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scrapy.crawler import Crawler

PAGE = StoredPage(3, 1, "feed", Page([f"id-{number}" for number in range(5_000)], []), Checkpoint())


@pytest.mark.parametrize(
    "told",
    [
        lambda form, spider: form.scraped(PAGE, None, spider),
        lambda form, spider: form.dropped(PAGE, DropItem("no room"), None, spider),
        lambda form, spider: form.item_error(PAGE, ValueError("no"), None, spider),
    ],
    ids=["scraped", "dropped", "error"],
)
def test_a_page_is_one_short_line_whatever_becomes_of_it(
    crawler_with: Callable[..., Crawler], told: Callable[..., Any]
) -> None:
    found = told(QuietFormatter(), crawler_with().spider)
    line = found["msg"] % found["args"]
    assert "page of shard 3 with 5000 rows" in line
    assert len(line) < 100


def test_the_reason_of_a_dropped_page_is_told(crawler_with: Callable[..., Crawler]) -> None:
    found: Any = QuietFormatter().dropped(PAGE, DropItem("no room"), None, crawler_with().spider)  # type: ignore[arg-type]
    assert (found["msg"] % found["args"]).endswith(": no room")
    assert found["level"] == logging.WARNING


@pytest.fixture
def logged() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A logger behind a masking handler, and what it wrote."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    secrets = Secrets(KEY)
    secrets.keep_token("feed", "token-of-theirs")
    handler.addFilter(MaskSecrets(secrets))
    logger = logging.getLogger("masked")
    logger.propagate = False
    logger.addHandler(handler)
    yield logger, text
    logger.removeHandler(handler)
    logger.propagate = True


@pytest.mark.parametrize(
    ("message", "args"),
    [
        (f"sent {KEY}", ()),
        ("sent %s", (KEY,)),
        ("sent %s through %s", ("key%2Fwith%2Bsigns%3D0123456789", "feed")),
        ("got %r", ({"pass": "token-of-theirs"},)),
    ],
    ids=["message", "argument", "encoded", "token"],
)
def test_no_secret_reaches_a_log(
    logged: tuple[logging.Logger, io.StringIO], message: str, args: tuple[object, ...]
) -> None:
    logger, text = logged
    logger.warning(message, *args)
    assert "0123456789" not in text.getvalue()
    assert "of-theirs" not in text.getvalue()
    assert "{key}" in text.getvalue() or "{token:feed}" in text.getvalue()


def test_no_secret_is_in_a_traceback(logged: tuple[logging.Logger, io.StringIO]) -> None:
    logger, text = logged
    logger.error("no answer", exc_info=ConnectionError(KEY))
    assert "ConnectionError: {key}" in text.getvalue()
    assert KEY not in text.getvalue()


def test_control_characters_do_not_reach_a_terminal(logged: tuple[logging.Logger, io.StringIO]) -> None:
    logger, text = logged
    logger.warning("answered %s", "\x1b[2Jgone\r\x9b\u202eé\n\tmore")
    assert text.getvalue() == "answered \\x1b[2Jgone\\r\\x9b\\u202eé\n\tmore\n"


def test_a_malformed_call_of_a_library_is_logged_as_it_is(logged: tuple[logging.Logger, io.StringIO]) -> None:
    logger, text = logged
    logger.warning("%d rows", KEY)
    assert text.getvalue() == "'%d rows' with tuple that do not fit\n"


def test_a_line_without_a_secret_is_left_alone(logged: tuple[logging.Logger, io.StringIO]) -> None:
    logger, text = logged
    logger.warning("%d rows of %s", 7, "shard 3")
    assert text.getvalue() == "7 rows of shard 3\n"


@pytest.fixture
def handler() -> Iterator[logging.StreamHandler[io.StringIO]]:
    """A handler that nobody has seen yet; the filters of all others are put back, and the levels."""
    root = logging.getLogger()
    before = {other: list(other.filters) for other in root.handlers}
    levels = {logger: logger.level for logger in (root, logging.getLogger("scrapy"))}
    yield (new := logging.StreamHandler(io.StringIO()))
    root.removeHandler(new)
    for other, filters in before.items():
        other.filters[:] = filters
    for logger, level in levels.items():
        logger.setLevel(level)


async def test_the_mask_sits_on_every_handler_there_is(
    crawler_with: Callable[..., Crawler], handler: logging.StreamHandler[io.StringIO]
) -> None:
    logging.getLogger().addHandler(handler)
    LogFilters.from_crawler(crawler_with())
    logging.getLogger("anybody").warning("sent %s", KEY)
    await asyncio.sleep(0)
    logging.getLogger("anybody").warning("sent it")
    assert handler.stream.getvalue() == "sent {key}\nsent it\n"


async def test_a_handler_that_is_made_right_after_the_extensions_has_the_mask_too(
    crawler_with: Callable[..., Crawler], handler: logging.StreamHandler[io.StringIO]
) -> None:
    LogFilters.from_crawler(crawler_with())
    logging.getLogger().addHandler(handler)
    await asyncio.sleep(0)
    logging.getLogger("anybody").warning("sent %s", KEY)
    assert handler.stream.getvalue() == "sent {key}\n"


async def test_a_record_that_no_handler_takes_is_not_made(
    crawler_with: Callable[..., Crawler], handler: logging.StreamHandler[io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    handler.setLevel(logging.INFO)
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    logging.getLogger("scrapy").setLevel(logging.DEBUG)
    LogFilters.from_crawler(crawler_with())
    for name in ("anybody", "scrapy.core.engine"):
        assert logging.getLogger(name).isEnabledFor(logging.INFO)
        assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)


async def test_warnings_are_made_for_handlers_that_come_later(
    crawler_with: Callable[..., Crawler], handler: logging.StreamHandler[io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    handler.setLevel(logging.ERROR)
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    LogFilters.from_crawler(crawler_with())
    assert logging.getLogger("scrapy").isEnabledFor(logging.WARNING)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("[Spidermon] ------------------ MONITORS ------------------", False),
        ("[Spidermon] CompletenessMonitor/test_stat_monitor... OK", False),
        ("[Spidermon] CompletenessMonitor/test_stat_monitor... FAIL", True),
        ("any other line", True),
    ],
)
def test_of_the_monitors_those_are_told_that_fail(line: str, told: bool) -> None:
    record = logging.LogRecord("events", logging.INFO, __file__, 1, line, (), None)
    assert MonitorsInBrief().filter(record) is told
