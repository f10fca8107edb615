"""How a secret may be written where it should not be: in texts, addresses, JSON and HTML."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus


def spellings(secret: str) -> tuple[str, ...]:
    r"""Every form in which a secret is usually written, the longest first: no part of one is left by another.

    >>> spellings("a/b"), spellings("")
    (('a%2Fb', 'a%2fb', 'a\\/b', 'a/b'), ())
    """
    return tuple(sorted(dict.fromkeys(filter(None, _forms(secret))), key=len, reverse=True))


def _forms(secret: str) -> Iterator[str]:
    yield secret
    for encoded in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield encoded
        yield re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), encoded)
    for escaped in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        yield from (escaped, escaped.replace("/", "\\/"))
    yield from (repr(secret)[1:-1], html.escape(secret))
