"""Switches by name: fields of a frozen value and of the frozen parts that it is made of, read from texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Value = TypeVar("Value", bound=DataclassInstance)

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class UnknownSwitch(ValueError):
    """Raised when a switch has no such name or cannot take such a value."""


def one_of(*values: str) -> Any:
    """A switch that is one of some words, the first of them by default."""
    return field(default=values[0], metadata={"values": values})


def words(value: DataclassInstance) -> dict[str, tuple[str, ...]]:
    """The words that can be chosen, for every switch that is one of some."""
    found: dict[str, tuple[str, ...]] = {}
    for each in fields(value):
        inner = getattr(value, each.name)
        if is_dataclass(inner) and not isinstance(inner, type):
            found |= words(inner)
        elif "values" in each.metadata:
            found[each.name] = each.metadata["values"]
    return found


def standing(value: DataclassInstance) -> dict[str, Any]:
    """Every switch of a value and of its parts, as it stands. No two switches share a name."""
    found: dict[str, Any] = {}
    for each in fields(value):
        inner = getattr(value, each.name)
        found |= standing(inner) if is_dataclass(inner) and not isinstance(inner, type) else {each.name: inner}
    return found


def switched(value: Value, switches: Mapping[str, object]) -> Value:
    """The same value with some switches set; texts are read as the switch's own type.

    Raises UnknownSwitch for a name or value that does not fit.
    """
    unknown = switches.keys() - standing(value).keys()
    if unknown:
        raise UnknownSwitch(f"no switch is called {min(unknown)!r}")
    for name, known in words(value).items():
        if str(switches.get(name, known[0])).strip() not in known:
            raise UnknownSwitch(f"{name} is one of {', '.join(map(repr, known))}, not {switches[name]!r}")
    return _switched(value, switches)


def _switched(value: Value, switches: Mapping[str, object]) -> Value:
    changed: dict[str, Any] = {}
    for each in fields(value):
        inner = getattr(value, each.name)
        if is_dataclass(inner) and not isinstance(inner, type):
            changed[each.name] = _switched(inner, switches)
        elif each.name in switches:
            changed[each.name] = _read(each.name, inner, switches[each.name])
    return replace(value, **changed)


def _read(name: str, standing_now: object, value: object) -> object:
    text = str(value).strip()
    try:
        if isinstance(standing_now, bool):
            return _truth(name, text)
        if isinstance(standing_now, int | float):
            return type(standing_now)(text)
    except ValueError as error:
        raise UnknownSwitch(f"{name} cannot be {text!r}: {error}") from error
    return text


def _truth(name: str, text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise UnknownSwitch(f"{name} is yes or no, not {text!r}")
    return text.lower() in _TRUE
