"""Addresses that come from outside: references that may be none at all, redirects, and hosts."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses by which an answer says that what was asked for is elsewhere."""


def joined(base: str, reference: str) -> str | None:
    """The absolute address of a reference; None where it is no address at all, as for ``http://[bad``."""
    try:
        target = urljoin(base, reference.strip())
        urlsplit(target)
    except ValueError:
        return None
    return target


def header_of(headers: Mapping[str, str], name: str) -> str:
    """The value of a header whose name (given in lower case) may be written in any; empty where there is none."""
    return next((value for written, value in headers.items() if written.lower() == name), "")


def told_address(url: str, headers: Mapping[str, str]) -> str | None:
    """Where the ``Location`` of an answer of ``url`` leads; None where it tells none."""
    told = header_of(headers, "location")
    return joined(url, told) if told else None


def is_ip_address(host: str) -> bool:
    """Whether a host is an address of its own and no name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def readdressed(url: str, base: str, address: str) -> str:
    """The URL with another address in place of its base; a query of the address' own is kept."""
    query = url.removeprefix(base)
    return address + (query.replace("?", "&", 1) if "?" in address else query)
