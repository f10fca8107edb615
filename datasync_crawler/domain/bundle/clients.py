"""HTTP clients of libraries as values: how they are made, and what chains of calls add to them.

A client is told by the shape of its making, never by a name that a minifier may change: a call that is given settings
with a base address, one that is given an address and returns an object with methods like `get` and `post`, or one that
is given a client. Its settings are kept under the names `baseURL`, `url`, `method`, `params`, `headers` and `data`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from .hooks import hook_headers
from .libraries import (
    BASES,
    BODY,
    HEADER_OF,
    LOOSE_BASES,
    MAKERS,
    METHOD,
    PARTS_OF_PARAMS,
    QUERY,
    SET_BODY,
    SET_HEADERS,
    SET_HOOKS,
    SET_QUERY,
    VERBS,
)
from .records import as_record
from .strings import concat, text
from .values import EMPTY, UNDEFINED, Client, Closure, Fixed, Global, Hole, Record, Sequence, Text, Value, options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .evaluator import Evaluator

_ADDRESS = re.compile(r"(?:\{[^{}]*\})?/[\w{.~-]|(?:https?:)?//|/$")
# An object with fewer methods named like verbs is no client.
_FEWEST_VERBS = 3


def is_address(value: Value) -> bool:
    """Whether a value begins like a path or an absolute address."""
    return any(isinstance(option, Text) and _ADDRESS.match(option.template) for option in options(value))


def settings_of(evaluator: Evaluator, given: Value) -> Record:
    """A client's or request's settings under one set of names, whatever its library calls them."""
    record = EMPTY.merged(given)
    found: dict[str, Value] = {}
    base = _base(record)
    if base is not None:
        found["baseURL"] = base
    params, headers = _queried(record)
    params = params or _merged(record, QUERY)
    headers = hook_headers(evaluator, record).merged(headers or EMPTY).merged(_headers(evaluator, record))
    if params is not None:
        found["params"] = params
    if headers.entries or headers.open:
        found["headers"] = headers
    for name, keys in (("method", METHOD), ("data", BODY), ("url", ("url",))):
        value = next((record.entries[key] for key in keys if record.entries.get(key, UNDEFINED) != UNDEFINED), None)
        if value is not None and name not in found:
            found[name] = value
    return Record(found, record.open)


def _base(record: Record) -> Value | None:
    named = next((record.entries[key] for key in BASES if record.entries.get(key, UNDEFINED) != UNDEFINED), None)
    if named is not None:
        return named
    loose = (record.entries.get(key, UNDEFINED) for key in LOOSE_BASES if key != "url")
    return next((value for value in loose if is_address(value)), None)


def _queried(record: Record) -> tuple[Value | None, Record | None]:
    """The query and the headers inside `params: {path, query, header}`."""
    parts = record.entries.get("params")
    if not isinstance(parts, Record) or not parts.entries or not PARTS_OF_PARAMS.issuperset(parts.entries):
        return None, None
    return parts.entries.get("query", EMPTY), as_record(parts.entries.get("header", EMPTY))


def _merged(record: Record, keys: Iterable[str]) -> Value | None:
    held = [record.entries[key] for key in keys if record.entries.get(key, UNDEFINED) != UNDEFINED]
    if not held:
        return None
    merged = as_record(held[0])
    for more in held[1:]:
        merged = merged.merged(as_record(more))
    return merged


def _headers(evaluator: Evaluator, record: Record) -> Record:
    """The headers written as such; what a client sends with every method may stand apart, under `common`."""
    held = record.entries.get("headers", EMPTY)
    headers = as_record(evaluator.apply(held, ()) if isinstance(held, Closure) else held)
    common = headers.entries.get("common")
    if not isinstance(common, Record):
        return headers
    rest = {name: value for name, value in headers.entries.items() if not isinstance(value, Record)}
    return Record(rest, headers.open).merged(common)


def with_client(evaluator: Evaluator, given: tuple[Value, ...], result: Value) -> Value:
    """What a call returns, as a client where it was given what makes one."""
    if isinstance(result, (Client, Text, Fixed)) or not _may_be_client(result):
        return result
    for value in given[:2]:
        settings = EMPTY.merged(value) if isinstance(value, Record) else EMPTY
        carried = settings.entries.get("baseQuery")
        if isinstance(carried, Client):
            return Client(carried.settings, inner=result)
        if any(settings.entries.get(key, UNDEFINED) != UNDEFINED for key in BASES):
            return Client(settings_of(evaluator, settings), inner=result)
        if isinstance(value, Client) and not value.verb and isinstance(result, Hole):
            return value
    if given and is_address(given[0]) and has_verbs(result):
        settings = settings_of(evaluator, given[1]) if len(given) > 1 else EMPTY
        return Client(settings.with_entry("baseURL", given[0]), inner=result)
    return result


def _may_be_client(result: Value) -> bool:
    return any(
        isinstance(option, (Hole, Closure))
        or (isinstance(option, Record) and any(isinstance(value, Closure) for value in option.entries.values()))
        for option in options(result)
    )


def has_verbs(result: Value) -> bool:
    """Whether a value is an object with methods named like verbs."""
    return any(
        isinstance(option, Record) and sum(name.lower() in VERBS for name in option.entries) >= _FEWEST_VERBS
        for option in options(result)
    )


def chained(evaluator: Evaluator, client: Client, name: str, given: tuple[Value, ...]) -> Value | None:
    """What `client.name(given…)` is, or None where that is the client's own business (`inner`)."""
    first = given[0] if given else UNDEFINED
    if name in MAKERS and isinstance(first, Closure):
        first = evaluator.apply(first, (_as_written(client.settings),))
    if name in MAKERS and isinstance(first, (Record, Hole)):
        return Client(overlaid(client.settings, settings_of(evaluator, first)), client.verb)
    added = _added(evaluator, client.settings, name, given) if given else None
    if added is not None:
        return Client(overlaid(client.settings, added), client.verb)
    if name.lower() in VERBS:
        return Hole((name,))
    return None if client.inner is not None else replace(client, verb="")


def _as_written(settings: Record) -> Record:
    """Settings as a function that extends them finds them: the base under every name that libraries give it."""
    base = settings.entries.get("baseURL", UNDEFINED)
    return settings.merged(Record({key: base for key in BASES if base != UNDEFINED}))


def _added(evaluator: Evaluator, settings: Record, name: str, given: tuple[Value, ...]) -> Record | None:
    """What one call of a chain adds to a client's settings; None where the name says nothing."""
    first = given[0]
    if name == "url":
        return Record({"url": concat([settings.entries.get("url", Text("")), first])})
    if name in SET_QUERY:
        return Record({"params": _set(given)})
    if name in SET_HEADERS:
        return Record({"headers": _set(given)})
    if name in HEADER_OF:
        return Record({"headers": Record({HEADER_OF[name]: first})})
    if name in SET_HOOKS:
        return Record({"headers": hook_headers(evaluator, Sequence(given))})
    return Record({"data": first}) if name in SET_BODY and not isinstance(first, Closure) else None


def _set(given: tuple[Value, ...]) -> Record:
    """`(name, value)` or `({name: value})`."""
    if len(given) < 2 or isinstance(given[0], Record):  # noqa: PLR2004 - a name and its value
        return as_record(given[0])
    return Record({text(given[0]).template: given[1]})


def overlaid(settings: Record, added: Record) -> Record:
    """Settings with others over them: parameters and headers are joined, everything else is replaced."""
    joined = settings.merged(added)
    for key in ("params", "headers"):
        before, after = settings.entries.get(key), added.entries.get(key)
        if before is not None and after is not None:
            joined = joined.with_entry(key, as_record(before).merged(as_record(after)))
    base, extension = settings.entries.get("baseURL"), added.entries.get("baseURL")
    if base is not None and extension is not None and not isinstance(extension, (Hole, Global)):
        kept = extension if "://" in text(extension).template or text(extension).template.startswith("/") else base
        joined = joined.with_entry("baseURL", kept)
    return joined
