"""What a run was run with and on, without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from datasync_crawler.domain.choices import NAMES

# What may hold a secret is told of, and not told.
_HIDDEN = {"TARGET_API_KEY", "DATABASE_URL", "WEBHOOK_URL"}


def settings_told(settings: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """The settings that a user may set, as text: of secrets only whether they are set, addresses without queries.

    >>> settings_told({"TARGET_API_KEY": "k", "API_BASE_URL": "http://a/b?t=k", "ID_ONLY": "true"})[:3]
    (('TARGET_API_KEY', 'set'), ('API_BASE_URL', 'http://a/b'), ('DASHBOARD_URL', ''))
    """
    return tuple((name, _told(name, settings.get(name))) for name in NAMES)


def _told(name: str, value: object) -> str:
    text = "" if value is None else str(value).strip()
    if name in _HIDDEN:
        return "set" if text else ""
    return _bare(text) if "://" in text else text


def _bare(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "not an address"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
