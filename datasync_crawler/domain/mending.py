"""Mending: pages that are no JSON for the sake of one value are read without it, so that no other row is lost.

Numbers that JSON does not have or nobody can hold, bytes that are no UTF-8, halves of surrogate pairs, bare control
characters and values nested beyond reason are blanked in place. A row keeps its own bytes; one whose id was among
them is rejected.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from datasync_crawler.domain.errors import Malformed
from datasync_crawler.domain.page import Page, RejectedRow
from datasync_crawler.domain.reading import PageReader

_DEEPEST = 200
_MARK = "\x7f"
"""Stands for a byte of a text that cannot be read."""

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NO_NUMBER = rb"-?Infinity|NaN|-?\d[\d.]*[eE]\+?\d{3,}|-?\d{300,}"
_TOKEN = re.compile(_STRING.pattern + rb"|[\[\]{}]|" + _NO_NUMBER, re.DOTALL)
# Most of a page needs no look at each of its tokens: texts of plain letters, sound numbers, whatever is between them.
_SOUND = re.compile(
    rb'(?:[^"\-IN\d]++'
    rb'|"[ !\x23-\x5b\x5d-\x7f]*+(?:\\[\x20-\x74\x76-\x7f][ !\x23-\x5b\x5d-\x7f]*+)*+"'
    rb"|(?!" + _NO_NUMBER + rb")[\-IN\d])*+"
)
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
_CONTROL = re.compile(rb"[\x00-\x1f]")
_STRAY = re.compile("[\udc80-\udcff]")


def read_mended(reader: PageReader, body: bytes) -> Page:
    """The page in a body; raises Malformed or Shapeless when it has none even so."""
    page = _plain(reader, body)
    if page is not None and not page.rejected:
        return page
    fixed = mended(body)
    return page if page is not None and fixed == body else _restored(reader.read(fixed), fixed, body)


def _plain(reader: PageReader, body: bytes) -> Page | None:
    try:
        return reader.read(body)
    except Malformed:
        return None


def mended(body: bytes) -> bytes:
    """The body with values that are no JSON blanked; every other byte is where it was."""
    parts, done, depth, deep = [], 0, 0, 0
    for token in _unsound(body) if _is_shallow(body) else _TOKEN.finditer(body):
        start, end = token.span()
        first = body[start : start + 1]
        if first in b"[{":
            depth += 1
            deep = start if depth == _DEEPEST + 1 else deep
        elif first in b"]}":
            depth -= 1
            if depth == _DEEPEST:
                parts += [body[done:deep], _blank(end - deep)]
                done = end
        elif depth <= _DEEPEST:
            fixed = _text(token[0]) if first == b'"' else _blank(end - start)
            parts += [body[done:start], fixed]
            done = end
    return b"".join([*parts, body[done:]])


def _is_shallow(body: bytes) -> bool:
    """Whether it is sure that nothing is nested beyond reason; what does not close again is not."""
    brackets = _STRING.sub(b"", body).translate(None, _ALL_BUT_BRACKETS)
    # Each round takes one level away, or two.
    for _ in range(_DEEPEST // 2):
        if not brackets:
            return True
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    return False


def _unsound(body: bytes) -> Iterator[re.Match[bytes]]:
    """The tokens that may have to be mended, without brackets."""
    at = 0
    while (sound := _SOUND.match(body, at)) is not None and (at := sound.end()) < len(body):
        token = _TOKEN.match(body, at)
        if token is not None:
            yield token
        at = at + 1 if token is None else token.end()


def _blank(length: int) -> bytes:
    """An empty text, which is neither an id nor a time."""
    return b'""'.ljust(length)


def _text(token: bytes) -> bytes:
    if b"\\u" in token:
        token = _ESCAPE.sub(lambda found: b"\\u007f" if found[1] else found[0], token)
    token = _CONTROL.sub(_MARK.encode(), token)
    return token if token.isascii() else _STRAY.sub(_MARK, token.decode(errors="surrogateescape")).encode()


def _restored(page: Page, fixed: bytes, body: bytes) -> Page:
    """The page with the bytes that were served, and without the rows whose ids had to be mended."""
    rejected = [replace(row, raw=_served(row.raw, fixed, body)) for row in page.rejected]
    payloads = None if page.payloads is None else _all_served(page.payloads, fixed, body)
    kept = []
    for place, id_ in enumerate(page.ids):
        told = _told(id_, fixed) if _MARK in id_ else b""
        served = _served(told, fixed, body)
        if served == told:
            kept.append(place)
        else:
            rejected.append(RejectedRow("its id cannot be read", served if payloads is None else payloads[place]))
    return replace(page, payloads=payloads, rejected=tuple(rejected)).kept(kept)


def _told(id_: str, fixed: bytes) -> bytes:
    """The id as the mended body writes it."""
    plain = json.dumps(id_, ensure_ascii=False).encode()
    return plain if plain in fixed else json.dumps(id_).encode()


def _served(part: bytes, fixed: bytes, body: bytes) -> bytes:
    """What stands in the body where ``part`` first does in its mended form."""
    start = fixed.find(part)
    return body[start : start + len(part)] if start >= 0 else b""


def _all_served(parts: list[bytes], fixed: bytes, body: bytes) -> list[bytes]:
    """The same for parts that follow each other."""
    served, since = [], 0
    for part in parts:
        start = fixed.find(part, since)
        since = start + len(part)
        served.append(body[start:since])
    return served
