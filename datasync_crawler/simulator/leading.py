"""How a page leads to the next one and tells of the whole: by members of its body, by addresses, by headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from datasync_crawler.simulator.switches import one_of

if TYPE_CHECKING:
    from datasync_crawler.simulator.pages import Page
    from datasync_crawler.simulator.world import World


@dataclass(frozen=True, slots=True)
class Leading:
    """Switches of it. Addresses repeat all parameters of the call, with whatever key is among them."""

    next_form: str = one_of("cursor", "url", "path", "href", "link-header")
    """The next page: its cursor, its address (whole, its path alone, or as an object's href), or a header alone."""
    total_form: str = one_of("body", "header", "content-range")
    """Where the total stands: body, header (``total_header``) or content-range."""
    total_header: str = "X-Total-Count"


@dataclass(frozen=True, slots=True)
class Address:
    """What a page was asked at."""

    origin: str
    path: str
    parameters: tuple[tuple[str, str], ...]

    def changed(self, parameters: Mapping[str, object], *, whole: bool = True) -> str:
        """The address with some parameters set, with its origin or without."""
        query = urlencode(dict(self.parameters) | {name: str(value) for name, value in parameters.items()})
        return f"{self.origin if whole else ''}{self.path}?{query}"


def next_places(page: Page, world: World, cursor: str | None) -> list[tuple[str, object]]:
    """What a body says of the next page, by places; ``cursor`` is that page's."""
    place, form = world.names.cursor_at, world.leading.next_form
    if form == "cursor":
        return [(place if world.ways.paging == "cursor" else "", cursor)]
    if form == "link-header":
        return []
    address = _next_address(page, world, cursor)
    return [(f"{place}.href" if place and address and form == "href" else place, address)]


def leading_headers(page: Page, world: World, told_at: float) -> dict[str, str]:
    """What the headers of a page say of the next one and of the whole."""
    form, told = world.leading.total_form, {}
    if world.leading.next_form == "link-header" and page.form == "json" and page.address is not None:
        links = {"first": page.address.changed({world.names.limit_parameter: page.limit})}
        following = _next_address(page, world, page.following(world, told_at)[0])
        links |= {"next": following} if following else {}
        told = {"Link": ", ".join(f'<{address}>; rel="{name}"' for name, address in links.items())}
    if world.truth.total_told and form == "header":
        return told | {world.leading.total_header: str(page.total)}
    if world.truth.total_told and form == "content-range":
        return told | {"Content-Range": f"items {_span(page)}/{page.total}"}
    return told


def _next_address(page: Page, world: World, cursor: str | None) -> str | None:
    names, goes_on = world.names, page.more or world.truth.more_told == "always"
    position: tuple[str, object] | None = (names.cursor_parameter, cursor) if cursor else None
    if page.at is not None:
        name, number = page.at
        served = len(set(page.rows)) or page.high - page.low
        step = served if world.ways.paging == "offset" else min(served, 1)
        position = (name, number + step) if goes_on else None
    if page.address is None or position is None:
        return None
    asked = {names.limit_parameter: page.limit, position[0]: position[1]}
    return page.address.changed(asked, whole=world.leading.next_form != "path")


def _span(page: Page) -> str:
    """The first and the last row of the page, where they stand side by side."""
    return f"{page.low}-{page.high - 1}" if page.low < page.high else "*"
