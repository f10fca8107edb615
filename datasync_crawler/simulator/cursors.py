"""Cursors as the service makes them: base64 of compact JSON that anybody can read and, unless signed, forge."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass

VERSION = 2


class CursorRefused(ValueError):
    """Raised when a cursor cannot be used; ``code`` and ``message`` are what the service answers."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in a list in descending order: everything below (stamp, id) comes after it. Times in ms."""

    id: str
    stamp: int
    expires: int

    def issue(self, secret: str = "") -> str:
        """The text of the cursor, signed when there is a secret."""
        fields: dict[str, object] = {"id": self.id, "ts": self.stamp, "v": VERSION, "exp": self.expires}
        if secret:
            fields["sig"] = _signature(fields, secret)
        return base64.b64encode(json.dumps(fields, separators=(",", ":")).encode()).decode()


def read_cursor(text: str, now: int, *, checked: bool = True, secret: str = "") -> Cursor:
    """The cursor a client sent: standard base64 or base64url, padded or not.

    ``now`` is in ms. With ``checked`` a past ``exp`` is refused; it is the cursor's own word, so any later one passes.
    Raises CursorRefused.
    """
    fields = _decoded(text)
    signature = fields.pop("sig", None)
    if secret and signature != _signature(fields, secret):
        raise CursorRefused("CURSOR_INVALID", "Invalid cursor")
    event_id, stamp, expires = fields.get("id"), fields.get("ts"), fields.get("exp")
    if not isinstance(event_id, str) or type(stamp) is not int or type(expires) is not int:
        raise CursorRefused("CURSOR_INVALID", "Invalid cursor")
    if checked and expires <= now:
        raise CursorRefused("CURSOR_EXPIRED", f"Cursor expired {(now - expires) // 60_000} minute(s) ago")
    return Cursor(event_id, stamp, expires)


def _decoded(text: str) -> dict[str, object]:
    plain = text.strip().replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    try:
        fields = json.loads(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True))
    except (binascii.Error, ValueError) as error:
        raise CursorRefused("CURSOR_INVALID_FORMAT", "Invalid cursor format") from error
    if not isinstance(fields, dict):
        raise CursorRefused("CURSOR_INVALID_FORMAT", "Invalid cursor format")
    return fields


def _signature(fields: dict[str, object], secret: str) -> str:
    signed = json.dumps([secret, *(fields.get(name) for name in ("id", "ts", "v", "exp"))])
    return hashlib.sha256(signed.encode()).hexdigest()[:16]
