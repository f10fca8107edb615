"""Short-lived tokens: which addresses may hand one out, and where its parts sit in the answer."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from datasync_crawler.domain.addresses import joined
from datasync_crawler.domain.discovery.harvest import same_origin
from datasync_crawler.domain.discovery.leaves import Leaf, leaves, named, words
from datasync_crawler.domain.discovery.routes import Route
from datasync_crawler.domain.profile import Path
from datasync_crawler.domain.times import read_time

_HEADER_NAME = re.compile(r"[A-Za-z]\w*(?:-\w+)+|Authorization")
_TOKEN = re.compile(r"[\w.~+/=-]{16,}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SPEAKS = frozenset({"token", "access", "grant", "ticket", "session", "authorize", "authorise", "handshake"})
_SPENDS = re.compile(r"submi|delete|remove|logout|revoke|upload|create|import|reset", re.IGNORECASE)
# Random text has about this many bits a character or more; words and paths have less.
_LEAST_BITS = 3.0
_SHORTEST_LIFE, _LONGEST_LIFE = 5, 86_400
_USUAL_LIFE = 300.0


@dataclass(frozen=True, slots=True)
class Granted:
    """A token as an answer handed it out: paths of its parts, and their values.

    ``endpoint`` is the absolute address it is for and ``header`` the header that carries it, None where the answer
    does not say; ``life`` is in seconds.
    """

    token_path: Path
    token: str
    header_path: Path | None
    header: str | None
    endpoint_path: Path | None
    endpoint: str | None
    life_path: Path | None
    life: float


def may_grant(route: Route) -> bool:
    """Whether calling the address for a token is safe: it takes nothing, spends nothing, and speaks of one."""
    calm = not route.open and not route.takes_body and not _SPENDS.search(route.url)
    return calm and route.method in {"POST", "GET"} and bool(words(route.name) & _SPEAKS) and route.weight > 0.5  # noqa: PLR2004


def read_grant(document: Any, base: str, at: float) -> Granted | None:
    """The token in an answer that came at the wall time ``at`` (seconds) from the origin of ``base``."""
    found = [leaf for leaf in leaves(document) if leaf.path]
    texts = [leaf for leaf in found if isinstance(leaf.value, str)]
    endpoint = _endpoint(texts, base)
    token = _token([leaf for leaf in texts if leaf is not endpoint])
    if token is None:
        return None
    header = _header([leaf for leaf in texts if leaf is not token])
    life_leaf, life = _life(found, at)
    return Granted(
        token_path=token.path,
        token=token.value,
        header_path=header.path if header else None,
        header=header.value if header else None,
        endpoint_path=endpoint.path if endpoint else None,
        endpoint=joined(base, endpoint.value) if endpoint else None,
        life_path=life_leaf.path if life_leaf else None,
        life=life,
    )


def entropy(text: str) -> float:
    """Bits a character, as the text's own frequencies give them."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def _token(texts: Sequence[Leaf]) -> Leaf | None:
    random = [leaf for leaf in texts if _is_random(leaf.value)]
    speaking = [leaf for leaf in random if named(leaf, "token", "ticket", "secret", "credential", "jwt", "key")]
    unnamed = [
        leaf for leaf in random if not _UUID.fullmatch(leaf.value) and not named(leaf, "id", "request", "trace")
    ]
    return max(speaking or unnamed, key=lambda leaf: len(leaf.value), default=None)


def _is_random(text: str) -> bool:
    if not _TOKEN.fullmatch(text) or text.startswith("/") or read_time(text) or _HEADER_NAME.fullmatch(text):
        return bool(_UUID.fullmatch(text))
    return entropy(text) >= _LEAST_BITS


def _endpoint(texts: Sequence[Leaf], base: str) -> Leaf | None:
    paths = [leaf for leaf in texts if leaf.value.startswith(("/", "http://", "https://")) and " " not in leaf.value]
    own = [leaf for leaf in paths if same_origin(joined(base, leaf.value) or "", base)]
    return next(
        (leaf for leaf in own if named(leaf, "endpoint", "url", "path", "uri", "href")), own[0] if own else None
    )


def _header(texts: Sequence[Leaf]) -> Leaf | None:
    names = [leaf for leaf in texts if _HEADER_NAME.fullmatch(leaf.value) and not _UUID.fullmatch(leaf.value)]
    spoken = [leaf for leaf in names if named(leaf, "header", "name", "field")]
    plausible = [leaf for leaf in names if leaf.value[:1].isupper() and not any(c.isdigit() for c in leaf.value)]
    return next(iter(spoken or plausible), None)


def _life(found: Sequence[Leaf], at: float) -> tuple[Leaf | None, float]:
    spans = [
        leaf for leaf in found if type(leaf.value) in {int, float} and named(leaf, "expir", "ttl", "life", "valid")
    ]
    for leaf in spans:
        if _SHORTEST_LIFE <= leaf.value <= _LONGEST_LIFE:
            return leaf, float(leaf.value)
    for leaf in found:
        moment = read_time(leaf.value) if named(leaf, "expir", "valid", "until") else None
        if moment and _SHORTEST_LIFE <= moment.micros / 1e6 - at <= _LONGEST_LIFE:
            return None, moment.micros / 1e6 - at
    return None, _USUAL_LIFE
