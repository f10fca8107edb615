"""Scripts read beside the sources that their maps carry: the same calls, told by both where a base is not built in."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from .reading import BundleReading, read_bundles
from .strings import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .calls import CodeCall

_OPEN_BASE = re.compile(rf"(?:{PLACEHOLDER.pattern})+")


def read_with_sources(built: Mapping[str, bytes], carried: Mapping[str, bytes]) -> dict[str, BundleReading]:
    """Read built scripts together, and the sources ``carried`` by their maps together; keys are addresses.

    Only building fills in what a source takes from its environment. So a call of a source whose base is open is left
    out where a built script tells a call of its method and parameters whose address ends the same way.
    """
    found = read_bundles(built)
    told: dict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
    for reading in found.values():
        for call in reading.calls:
            told[call.method, call.params].add(_plain(call.url))
    for url, reading in read_bundles(carried).items():
        fresh = (call for call in reading.calls if not _is_told(call, told.get((call.method, call.params), ())))
        found[url] = replace(reading, calls=tuple(fresh))
    return found


def _plain(url: str) -> str:
    """An address without its query, whatever its unknown parts are called."""
    return PLACEHOLDER.sub("{}", url.partition("?")[0])


def _is_told(call: CodeCall, addresses: Iterable[str]) -> bool:
    path = call.url.partition("?")[0]
    base = _OPEN_BASE.match(path)
    if base is None:
        return False
    end = "/" + _plain(path[base.end() :]).lstrip("/")
    return re.search(r"\w", end) is not None and any(address.endswith(end) for address in addresses)
