"""Reading the answer to a call for a token, by the paths that were found out."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from datasync_crawler.domain.profile import Path, TokenGrant

# A number beyond this many seconds is a point of time, or nothing that a short-lived token has to do with.
_LONGEST_LIFE = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Granted:
    """A token, its life in seconds, and the address it is for if the answer names one."""

    token: str
    life: float
    endpoint: str | None


def read_grant(grant: TokenGrant, body: bytes) -> Granted | None:
    """What the body grants, or None when it holds no token."""
    try:
        document = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None
    token, life, endpoint = (_at(document, path) for path in (grant.token, grant.life, grant.endpoint))
    if not isinstance(token, str) or not token:
        return None
    return Granted(token, _life(life) or grant.life_seconds, endpoint if isinstance(endpoint, str) else None)


def _life(told: object) -> float | None:
    if not isinstance(told, (int, float)) or isinstance(told, bool):
        return None
    return float(told) if 0 < told <= _LONGEST_LIFE else None


def _at(node: object, path: Path | None) -> object:
    for name in path or ():
        node = node.get(name) if isinstance(node, dict) else None
    return node if path else None
