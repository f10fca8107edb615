"""Links: addresses by which a service says where the next page is, in a member of an answer or in its Link header.

Such an address is never called. What counts of it are the query parameters that say where the next page begins; they
are sent to the address that is known, so that neither another origin nor a secret in the link is ever followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import unquote_plus, urlencode, urlsplit

from datasync_crawler.domain.addresses import header_of, joined
from datasync_crawler.domain.errors import Shapeless
from datasync_crawler.domain.page import Page
from datasync_crawler.domain.profile import RowShape

_LINK = re.compile(r"<([^<>]+)>((?:\s*;\s*\w+\*?\s*=\s*(?:\"[^\"]*\"|[^\s,;]+))*)")
_ATTRIBUTE = re.compile(r";\s*(\w+)\*?\s*=\s*\"?([^\";,]*)\"?")
_BASE64 = re.compile(r"[\w+/-]{16,}=*", re.ASCII)

Parameters = tuple[tuple[str, str], ...]


def header_links(headers: Mapping[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every address of a ``Link`` header (RFC 8288) with its attributes, their names in lower case."""
    for match in _LINK.finditer(header_of(headers, "link")):
        yield match[1], {name.lower(): value for name, value in _ATTRIBUTE.findall(match[2])}


def next_address(headers: Mapping[str, str]) -> str | None:
    """The address that a ``Link`` header gives for the next page; None where it gives none."""
    links = header_links(headers)
    return next((address for address, told in links if "next" in told.get("rel", "").lower().split()), None)


def parameters_of(link: str, url: str) -> Parameters | None:
    """The query of a link in an answer of the address ``url``; None when it leads to another host."""
    address = joined(url, link)
    if address is None:
        return None
    target = urlsplit(address)
    # Behind a balancer that ends TLS, links often say http of what is called by https.
    here = target.scheme in {"http", "https"} and target.netloc.lower() == urlsplit(url).netloc.lower()
    return tuple(_pairs(target.query)) if here else None


def leads_back(link: str, url: str) -> bool:
    """Whether a link in an answer of the address ``url`` leads to the same address, whatever its query."""
    if parameters_of(link, url) is None:
        return False
    return urlsplit(joined(url, link) or "").path.rstrip("/") == urlsplit(url).path.rstrip("/")


def followed(page: Page, shape: RowShape, url: str, headers: Mapping[str, str]) -> Page:
    """The page with the position that its link names as its next cursor, where the shape says that links lead on.

    The position is the value of the one parameter that counts, or a query of all of them. ``url`` is the address that
    was asked. Raises Shapeless when the link leads elsewhere or names no position.
    """
    if not shape.next_link:
        return page
    link = next_address(headers) if shape.next_cursor is None else page.next_cursor
    return replace(page, next_cursor=None if link is None else _position(link, shape.next_link, url))


def _position(link: str, names: Sequence[str], url: str) -> str:
    pairs = [(name, value) for name, value in parameters_of(link, url) or () if name in names and value]
    if not pairs:
        raise Shapeless("the address of the next page leads elsewhere")
    return pairs[0][1] if len(names) == 1 else urlencode(pairs)


def _pairs(query: str) -> Iterator[tuple[str, str]]:
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        yield unquote_plus(name), _value(value)


def _value(text: str) -> str:
    """A value as it is meant: a plus sign within base64 that nobody encoded is no blank."""
    return text if _BASE64.fullmatch(text) else unquote_plus(text)
