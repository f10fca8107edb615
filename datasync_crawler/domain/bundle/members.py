"""Property access on folded values: `a.b`, `a["b"]`, `this.b`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .classes import instance_member, static_member
from .exports import WHOLE
from .libraries import VERBS
from .strings import concat, query_text, text
from .values import (
    NULL,
    UNDEFINED,
    Address,
    Blueprint,
    Choice,
    Client,
    Entries,
    Fixed,
    Global,
    Hole,
    Instance,
    KeyOf,
    Namespace,
    Record,
    Sequence,
    Text,
    Value,
    choice,
)

if TYPE_CHECKING:
    from .evaluator import Evaluator

WINDOWS = frozenset({"window", "globalThis", "self", "document"})


def member(evaluator: Evaluator, value: Value, key: str) -> Value:
    """The property `key` of `value`."""
    if isinstance(value, Choice):
        return choice(member(evaluator, option, key) for option in value.variants if not isinstance(option, Fixed))
    if isinstance(value, Instance):
        return instance_member(evaluator, value, key)
    if isinstance(value, Blueprint):
        return static_member(evaluator, value, key)
    if isinstance(value, Namespace):
        return _exported(evaluator, value, key)
    if isinstance(value, Client):
        return _client_member(evaluator, value, key)
    return _plain_member(value, key)


def _exported(evaluator: Evaluator, namespace: Namespace, key: str) -> Value:
    node = namespace.exports.get(key)
    if node is not None:
        return evaluator.value(node, None)
    whole = namespace.exports.get(WHOLE)
    return member(evaluator, evaluator.value(whole, None), key) if whole is not None else Hole(("module", key))


def _client_member(evaluator: Evaluator, client: Client, key: str) -> Value:
    inner = member(evaluator, client.inner, key) if client.inner is not None else None
    if key.lower() in VERBS:
        return Client(client.settings, key.lower(), inner)
    return Global(f"client.{key}") if inner is None else inner


def _plain_member(value: Value, key: str) -> Value:
    if isinstance(value, Text) and value.known and key.isdecimal():
        return Text(value.template[int(key) : int(key) + 1]) if len(key) < len("1000") else UNDEFINED
    if isinstance(value, Record):
        return record_member(value, key)
    if isinstance(value, Hole):
        return Hole((*value.path, key))
    if isinstance(value, Global):
        return _global_member(value, key)
    if isinstance(value, (Sequence, Entries)):
        return _list_member(value, key)
    if isinstance(value, Address):
        return _address_member(value, key)
    if isinstance(value, Fixed) and value in (UNDEFINED, NULL):
        return UNDEFINED
    return Hole(("value", key))


def _list_member(value: Sequence | Entries, key: str) -> Value:
    if isinstance(value, Entries):
        return choice(value.record.entries.values())
    inside = key.isdigit() and int(key) < len(value.items)
    return value.items[int(key)] if inside else Hole(("list", key))


def record_member(record: Record, key: str) -> Value:
    """The entry `key`; unknown when the record is open or when only computed keys might match."""
    found = record.entries.get(key)
    if found is not None:
        return found
    computed = any("{" in name for name in record.entries)
    return Hole(("record", key)) if record.open or computed else UNDEFINED


def dynamic_member(value: Value, key: Value) -> Value:
    """`value[key]` where the key is not a known string: any entry, when all are known."""
    if isinstance(value, Record) and value.entries and not value.open:
        return choice(value.entries.values())
    if isinstance(value, Sequence) and value.items:
        return choice(value.items)
    if isinstance(key, KeyOf) or not isinstance(value, Hole):
        return text_hole(key)
    return Hole((*value.path, text(key).template.strip("{}")))


def text_hole(value: Value) -> Hole:
    """A hole named like `value`."""
    return value if isinstance(value, Hole) else Hole((text(value).template.strip("{}") or "value",))


def _global_member(value: Global, key: str) -> Value:
    path = key if value.path in WINDOWS else f"{value.path}.{key}"
    if path in ("location.origin", "origin", "baseURI"):
        return Text("")
    if path in WINDOWS:
        return Global("window")
    return Global(path)


def _address_member(address: Address, key: str) -> Value:
    if key == "searchParams":
        return address.query
    if key == "search":
        return concat([Text("?"), query_text(address.query)])
    if key in ("href", "pathname"):
        return text(address) if key == "href" else Text(address.url.template.split("?")[0], address.url.known)
    return Hole(("url", key))
