"""Cursors as the service makes them: by default base64 of JSON that anybody can read and, unless signed, forge."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from itertools import count, islice

from datasync_crawler.simulator.cursorform import CursorForm

VERSION = 2
_NONCE = 8


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


@dataclass(frozen=True, slots=True)
class Mint:
    """Makes cursors and reads them. With a ``secret`` they are signed; with ``checked`` a past end is refused.

    ``numbered`` is for ids that are numbers.
    """

    form: CursorForm = field(default_factory=CursorForm)
    secret: str = ""
    checked: bool = True
    numbered: bool = False

    def issue(self, cursor: Cursor, endpoint: str = "") -> str:
        """The text of a cursor that an endpoint gives out."""
        form = self.form
        fields: dict[str, object] = {
            form.cursor_id_field: int(cursor.id) if self.numbered and cursor.id.isdecimal() else cursor.id,
            form.cursor_time_field: cursor.stamp,
            "v": VERSION,
            form.cursor_end_field: cursor.expires,
        }
        fields |= {"at": endpoint} if form.cursor_bound else {}
        fields |= {"q": form.cursor_sting} if form.cursor_sting else {}
        fields |= {"pad": "~" * form.cursor_padding} if form.cursor_padding else {}
        fields |= {"sig": _signature(fields, self.secret)} if self.secret else {}
        text = json.dumps(fields, separators=(",", ":"))
        if form.cursor_form == "raw":
            return text
        plain = text.encode()
        if form.cursor_form == "sealed":
            nonce = secrets.token_bytes(_NONCE)
            return base64.urlsafe_b64encode(nonce + _veiled(plain, nonce)).decode().rstrip("=")
        return base64.b64encode(plain).decode()

    def read(self, text: str, now: int, endpoint: str = "") -> Cursor:
        """The cursor a client sent to an endpoint at ``now`` (ms). Base64 is taken in all alphabets, padded or not.

        The end of its life is the cursor's own word, so any later one passes. Raises CursorRefused.
        """
        form, fields = self.form, self._fields(text)
        signature = fields.pop("sig", None)
        forged = self.secret and signature != _signature(fields, self.secret)
        stung = form.cursor_sting and fields.get("q") != form.cursor_sting
        astray = form.cursor_bound and fields.get("at") != endpoint
        if forged or stung or astray:
            raise CursorRefused("CURSOR_INVALID", "Invalid cursor")
        row_id, stamp = fields.get(form.cursor_id_field), fields.get(form.cursor_time_field)
        expires = fields.get(form.cursor_end_field)
        fits = isinstance(row_id, int | str if self.numbered else str)
        if not fits or type(stamp) is not int or type(expires) is not int:
            raise CursorRefused("CURSOR_INVALID", "Invalid cursor")
        if self.checked and expires <= now:
            raise CursorRefused("CURSOR_EXPIRED", f"Cursor expired {(now - expires) // 60_000} minute(s) ago")
        return Cursor(str(row_id), stamp, expires)

    def _fields(self, text: str) -> dict[str, object]:
        try:
            fields = json.loads(text if self.form.cursor_form == "raw" else self._opened(text))
        except (binascii.Error, ValueError) as error:
            raise CursorRefused("CURSOR_INVALID_FORMAT", "Invalid cursor format") from error
        if not isinstance(fields, dict):
            raise CursorRefused("CURSOR_INVALID_FORMAT", "Invalid cursor format")
        return fields

    def _opened(self, text: str) -> bytes:
        plain = text.strip().replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
        found = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
        return _veiled(found[_NONCE:], found[:_NONCE]) if self.form.cursor_form == "sealed" else found


def _signature(fields: dict[str, object], secret: str) -> str:
    signed = json.dumps([secret, *fields.values()])
    return hashlib.sha256(signed.encode()).hexdigest()[:16]


def _veiled(text: bytes, nonce: bytes) -> bytes:
    """A text made unreadable, or readable again."""
    stream = (byte for block in count() for byte in hashlib.sha256(nonce + block.to_bytes(8, "big")).digest())
    return bytes(a ^ b for a, b in zip(text, islice(stream, len(text)), strict=True))
