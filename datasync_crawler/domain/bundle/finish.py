"""From recognised values to plain calls."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from .calls import CodeCall
from .records import as_record
from .strings import text, truth
from .values import NULL, UNDEFINED, Fixed, Record, Value, choice, options

if TYPE_CHECKING:
    from .draft import Draft


_PART = re.compile(r"(?<!:)/:(\w+)")
# Hosts that by convention never answer: libraries ask them to find out what a browser can do.
_NOWHERE = re.compile(r"https?://[^/]*\.invalid(?:[:/]|$)")


def finished(draft: Draft, offset: int) -> list[CodeCall]:
    """The calls of a draft: one for each combination of URL and method that the code may choose."""
    calls = []
    for url, method in product(options(draft.url), options(draft.method)):
        if isinstance(url, Fixed):
            continue
        template = _named_parts(text(url).template.rstrip("?&"))
        if _NOWHERE.match(template):
            continue
        calls.append(
            CodeCall(
                method=_method(method),
                url=template,
                params=_params(template, draft.params),
                headers=_headers(draft.headers),
                body=_body(draft.body),
                via=draft.via,
                offset=offset,
            )
        )
    return calls


def _named_parts(url: str) -> str:
    """`/:name`, as routers write a part that a run fills in, as `/{name}`."""
    return _PART.sub(r"/{\1}", url)


def _method(value: Value) -> str:
    written = text(value).template.upper()
    return written if written and "{" not in written else "GET"


def _params(url: str, extra: Value) -> tuple[str, ...]:
    query = url.partition("?")[2].partition("#")[0]
    names = {pair.partition("=")[0] for pair in query.split("&") if "=" in pair}
    for option in options(extra):
        if not isinstance(option, Fixed):
            names.update(key for key, value in as_record(option).entries.items() if value != UNDEFINED)
    return tuple(sorted(name for name in names if name))


def _headers(value: Value) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    merged = Record({})
    for option in options(value):
        merged = merged.merged(as_record(option)) if not isinstance(option, Fixed) else merged
    for name, held in merged.entries.items():
        told = [option for option in options(held) if option not in (UNDEFINED, NULL) and truth(option) is not False]
        if told:
            headers.append((name, text(choice(told)).template))
    return tuple(headers)


def _body(value: Value) -> tuple[str, ...]:
    for option in options(value):
        if isinstance(option, Record):
            return tuple(key for key, held in option.entries.items() if held != UNDEFINED)
    return ()
