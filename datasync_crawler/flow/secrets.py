"""The secrets of a run, and the words that stand for them everywhere but on the wire.

Requests carry ``{key}`` and ``{token:NAME}`` where a secret belongs; so neither a queue on disk, nor a log line, nor a
report ever holds one.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from datasync_crawler.domain.spellings import spellings

_WORD = re.compile(r"(?:\{|%7B)(key|token(?::|%3A)[^{}%]+)(?:\}|%7D)", re.IGNORECASE)
# What may stand behind the value of a parameter in a link, in JSON with whatever is escaped there.
_VALUE_ENDS = rb"(?=[&#;\\\"'<>\s]|$)"

_MOST_FORMER = 50
"""Tokens that are not used any more and masked still; every text is searched for each of them."""


class Secrets:
    """The key and the tokens, by the word that stands for each; printing it shows the words alone."""

    def __init__(self, key: str) -> None:
        self._values: dict[str, str] = {}
        self._kept: dict[str, str] = {}
        self._known: dict[str, str] = {}
        self._keep("key", key)

    def keep_token(self, name: str, value: str) -> None:
        """Keeps the value that ``{token:NAME}`` stands for, instead of any earlier one."""
        self._keep(f"token:{name}", value)

    def fill(self, text: str, *, encode: bool = False) -> str:
        """The text with every known word replaced, percent-encoded for a URL if asked; unknown words stay."""

        def value(match: re.Match[str]) -> str:
            known = self._values.get(re.sub("%3a", ":", match[1], flags=re.IGNORECASE))
            return match[0] if known is None else quote(known, safe="") if encode else known

        return _WORD.sub(value, text)

    def mask(self, text: str) -> str:
        """The text with every secret, former tokens too, replaced by its word, also where it is encoded or escaped."""
        for value, word in self._known.items():
            text = text.replace(value, "{" + word + "}")
        return text

    def mask_links(self, body: bytes) -> bytes:
        """The body with every secret replaced by its word where it is the whole value of a query parameter."""
        for value, word in self._known.items():
            if value.encode() in body:
                body = re.sub(b"=" + re.escape(value.encode()) + _VALUE_ENDS, f"={{{word}}}".encode(), body)
        return body

    def _keep(self, word: str, value: str) -> None:
        self._values[word] = value
        self._kept.pop(value, None)
        self._kept[value] = word
        used = set(self._values.values())
        for former in [one for one in self._kept if one not in used][:-_MOST_FORMER]:
            del self._kept[former]
        known = {form: its for one, its in self._kept.items() for form in spellings(one)}
        # Longest first: one secret may be a part of another. Texts are masked far more often than secrets come.
        self._known = dict(sorted(known.items(), key=lambda item: -len(item[0])))

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self._values)})"
