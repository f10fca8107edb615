"""What its user chose: every setting, read from text and checked before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from datasync_crawler.domain.errors import ConfigurationError

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


NAMES = (
    "TARGET_API_KEY",
    "API_BASE_URL",
    "DASHBOARD_URL",
    "DATABASE_URL",
    "STATE_DIR",
    "AUTO_SUBMIT",
    "GITHUB_REPO",
    "ID_ONLY",
    "MAX_IN_FLIGHT",
    "MAX_IN_FLIGHT_BYTES",
    "BATCH_SIZE",
    "WORKER_CONCURRENCY",
    "RATE_LIMIT_BUFFER",
    "RELEARN_LIMITS",
    "CURSOR_REFRESH_THRESHOLD",
    "KEY_LIFE_MINUTES",
    "GIVE_UP_AFTER",
    "ACCEPT_REJECTED",
    "BROWSER_PATH",
)
"""What its user may set, as the settings call it."""


@dataclass(frozen=True, slots=True)
class Choices:
    """The settings of a run; the table in the README says what each means. Durations are in seconds."""

    key: str
    api_base: str
    dashboard: str
    database: str | None
    state: str
    auto_submit: bool
    repository: str | None
    id_only: bool
    most_in_flight: int
    most_bytes_in_flight: int
    most_shards: int | None
    batch_rows: int
    reserve: int
    relearn: bool
    cursor_threshold: float
    key_life: float
    give_up_after: float
    accept_rejected: int


def read_choices(settings: Mapping[str, object]) -> Choices:
    """The checked choices; raises ConfigurationError naming the first setting that makes no sense."""
    base = _url(settings, "API_BASE_URL")
    repository = _text(settings, "GITHUB_REPO") or None
    auto = _flag(settings, "AUTO_SUBMIT")
    if auto and not repository:
        raise ConfigurationError("AUTO_SUBMIT=true needs GITHUB_REPO=https://… to submit for")
    return Choices(
        key=_key(settings),
        api_base=base.rstrip("/"),
        dashboard=_url(settings, "DASHBOARD_URL") if _text(settings, "DASHBOARD_URL") else origin_of(base) + "/",
        database=_text(settings, "DATABASE_URL") or None,
        state=_text(settings, "STATE_DIR") or ".datasync",
        auto_submit=auto,
        repository=repository,
        id_only=_flag(settings, "ID_ONLY"),
        most_in_flight=_whole(settings, "MAX_IN_FLIGHT", least=1),
        most_bytes_in_flight=_whole(settings, "MAX_IN_FLIGHT_BYTES", least=1 << 16),
        most_shards=_whole(settings, "WORKER_CONCURRENCY", least=1) if _text(settings, "WORKER_CONCURRENCY") else None,
        batch_rows=_whole(settings, "BATCH_SIZE", least=1) if _text(settings, "BATCH_SIZE") else 1,
        reserve=_whole(settings, "RATE_LIMIT_BUFFER", least=0),
        relearn=_flag(settings, "RELEARN_LIMITS"),
        cursor_threshold=_number(settings, "CURSOR_REFRESH_THRESHOLD", least=0),
        key_life=60 * _number(settings, "KEY_LIFE_MINUTES", least=0.01),
        give_up_after=60 * _number(settings, "GIVE_UP_AFTER", least=0.01),
        accept_rejected=_whole(settings, "ACCEPT_REJECTED", least=0),
    )


def origin_of(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _text(settings: Mapping[str, object], name: str) -> str:
    value = settings.get(name)
    return "" if value is None else str(value).strip()


def _key(settings: Mapping[str, object]) -> str:
    key = _text(settings, "TARGET_API_KEY")
    if not key:
        raise ConfigurationError("TARGET_API_KEY is not set: put the key into the environment or into .env")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError("TARGET_API_KEY has characters that no header can carry")
    return key


def _url(settings: Mapping[str, object], name: str) -> str:
    value = _text(settings, name)
    try:
        parts = urlsplit(value)
        printable = value.isprintable() and " " not in value
        sound = printable and parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise ConfigurationError(f"{name} must be an http(s) address, not {value!r}")
    return value


def _flag(settings: Mapping[str, object], name: str) -> bool:
    value = _text(settings, name).lower()
    if value not in _TRUE | _FALSE:
        raise ConfigurationError(f"{name} must be true or false, not {value!r}")
    return value in _TRUE


def _whole(settings: Mapping[str, object], name: str, least: int) -> int:
    number = _number(settings, name, least)
    if number != int(number):
        raise ConfigurationError(f"{name} must be a whole number, not {number:g}")
    return int(number)


def _number(settings: Mapping[str, object], name: str, least: float) -> float:
    value = _text(settings, name)
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not least <= number < float("inf"):
        raise ConfigurationError(f"{name} must be a number of at least {least:g}, not {value!r}")
    return number
