"""What its user chose: every setting, read from text and checked before anything starts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from datasync_crawler.domain.addresses import is_ip_address
from datasync_crawler.domain.errors import ConfigurationError
from datasync_crawler.domain.submission import repository

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}
_WAYS_TO_SHOW = ("auto", "live", "plain", "json", "quiet")
_LAST_PORT = 65535
# What every figure of a run is held against is named so.
_THRESHOLDS = "DATASYNC_"
# Who knows such an address may write there.
_SECRETIVE = {"WEBHOOK_URL"}


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
    "PROGRESS",
    "WEB_HOST",
    "WEB_PORT",
    "WEBHOOK_URL",
)
"""What its user may set, as the settings call it."""

EXPOSED = ".env holds the key and every user of this machine can read it: chmod 600 .env"
"""What is said of such a file (the setting DOTENV_EXPOSED); the run goes on."""


@dataclass(frozen=True, slots=True)
class Choices:
    """The settings of a run; the table in the README says what each means. Durations are in seconds.

    ``web_port`` is None where no page is wanted.
    """

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
    progress: str
    web_host: str
    web_port: int | None
    webhook: str | None

    @property
    def words_aside(self) -> bool:
        """Whether words go to standard error, as programs read views on standard output."""
        return self.progress == "json"

    @property
    def key_digest(self) -> str:
        """What stands for the key in the database: its SHA-256, in hex."""
        return hashlib.sha256(self.key.encode()).hexdigest()


def read_choices(settings: Mapping[str, object], *, keyed: bool = True) -> Choices:
    """The checked choices; raises ConfigurationError naming the first setting that makes no sense.

    Who makes no keyed call can do without a key.
    """
    base = _url(settings, "API_BASE_URL")
    repo = _repository(settings)
    auto = _flag(settings, "AUTO_SUBMIT")
    if auto and not repo:
        raise ConfigurationError("AUTO_SUBMIT=true needs GITHUB_REPO=https://… to submit for")
    _check_thresholds(settings)
    key = _key(settings) if keyed or _text(settings, "TARGET_API_KEY") else ""
    if key and any(key in _text(settings, name) for name in ("API_BASE_URL", "DASHBOARD_URL", "GITHUB_REPO")):
        raise ConfigurationError("an address holds the key: addresses are kept and shown, TARGET_API_KEY alone is not")
    return Choices(
        key=key,
        api_base=base.rstrip("/"),
        dashboard=_url(settings, "DASHBOARD_URL") if _text(settings, "DASHBOARD_URL") else origin_of(base) + "/",
        database=_text(settings, "DATABASE_URL") or None,
        state=_text(settings, "STATE_DIR") or ".datasync",
        auto_submit=auto,
        repository=repo,
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
        progress=_one_of(settings, "PROGRESS", _WAYS_TO_SHOW),
        web_host=_host(settings, "WEB_HOST"),
        web_port=_port(settings, "WEB_PORT"),
        webhook=_url(settings, "WEBHOOK_URL") if _text(settings, "WEBHOOK_URL") else None,
    )


def origin_of(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _text(settings: Mapping[str, object], name: str) -> str:
    value = settings.get(name)
    return "" if value is None else str(value).strip()


def _check_thresholds(settings: Mapping[str, object]) -> None:
    for name in settings:
        if name.startswith(_THRESHOLDS):
            _number(settings, name, least=0)


def _key(settings: Mapping[str, object]) -> str:
    key = _text(settings, "TARGET_API_KEY")
    if not key:
        raise ConfigurationError("TARGET_API_KEY is not set: put the key into the environment or into .env")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError("TARGET_API_KEY has characters that no header can carry")
    return key


def _repository(settings: Mapping[str, object]) -> str | None:
    address = _text(settings, "GITHUB_REPO")
    try:
        return repository(address) if address else None
    except ConfigurationError as error:
        raise ConfigurationError(f"GITHUB_REPO: {error}") from None


def _url(settings: Mapping[str, object], name: str) -> str:
    value = _text(settings, name)
    try:
        parts = urlsplit(value)
        printable = value.isprintable() and " " not in value
        sound = printable and parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        # What an address may hide is not repeated.
        shown = f", not {value!r}" if name not in _SECRETIVE and not {"@", "?"} & set(value) else ""
        raise ConfigurationError(f"{name} must be an http(s) address{shown}")
    if "@" in parts.netloc:
        raise ConfigurationError(f"{name} must not name a user: addresses are kept and shown")
    return value


def _one_of(settings: Mapping[str, object], name: str, words: tuple[str, ...]) -> str:
    value = _text(settings, name).lower()
    if value not in words:
        raise ConfigurationError(f"{name} must be one of {', '.join(words)}, not {value!r}")
    return value


def _host(settings: Mapping[str, object], name: str) -> str:
    value = _text(settings, name)
    written = value.isascii() and all(letter.isalnum() or letter in ".:-_" for letter in value)
    if not value or not written or not (_may_be_a_name(value) or is_ip_address(value)):
        raise ConfigurationError(f"{name} must be the name or address of an interface of this machine, not {value!r}")
    return value


def _may_be_a_name(host: str) -> bool:
    return ":" not in host and not host.replace(".", "").isdigit()


def _port(settings: Mapping[str, object], name: str) -> int | None:
    if _text(settings, name).lower() == "off":
        return None
    number = _whole(settings, name, least=0)
    if number > _LAST_PORT:
        raise ConfigurationError(f"{name} must be a port, 0 for any or off for none, not {number}")
    return number


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
