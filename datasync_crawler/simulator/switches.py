"""Switches by name: fields of a frozen value and of the frozen parts that it is made of, read from texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Value = TypeVar("Value", bound=DataclassInstance)

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class UnknownSwitch(ValueError):
    """Raised when a switch has no such name or cannot take such a value."""


def standing(value: DataclassInstance) -> dict[str, Any]:
    """Every switch of a value and of its parts, as it stands. No two switches share a name."""
    found: dict[str, Any] = {}
    for field in fields(value):
        inner = getattr(value, field.name)
        found |= standing(inner) if is_dataclass(inner) and not isinstance(inner, type) else {field.name: inner}
    return found


def switched(value: Value, switches: Mapping[str, object]) -> Value:
    """The same value with some switches set; texts are read as the switch's own type.

    Raises UnknownSwitch for a name or value that does not fit.
    """
    unknown = switches.keys() - standing(value).keys()
    if unknown:
        raise UnknownSwitch(f"no switch is called {min(unknown)!r}")
    return _switched(value, switches)


def _switched(value: Value, switches: Mapping[str, object]) -> Value:
    changed: dict[str, Any] = {}
    for field in fields(value):
        inner = getattr(value, field.name)
        if is_dataclass(inner) and not isinstance(inner, type):
            changed[field.name] = _switched(inner, switches)
        elif field.name in switches:
            changed[field.name] = _read(field.name, inner, switches[field.name])
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
