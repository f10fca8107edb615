"""Where to look for records when nothing names an address: the field's usual names, each asked without a key."""

from __future__ import annotations

from datasync_crawler.domain.discovery.routes import Lead
from datasync_crawler.domain.profile import Evidence

_USUAL = ("events", "records", "items", "entries", "data", "logs")
_ASKS_FOR_MORE = frozenset({401, 403, 429})


def guesses(api_base: str) -> tuple[Lead, ...]:
    """Addresses below the API's root that may list records."""
    evidence = Evidence("default", "usual names")
    return tuple(Lead("GET", f"{api_base.rstrip('/')}/{name}", (), evidence) for name in _USUAL)


def is_there(status: int, *, readable: bool) -> bool:
    """Whether an answer without a key shows that something lies at a guessed address.

    ``readable`` says that its body is JSON; a page where an API's answer should be is the application's own.
    """
    return status in _ASKS_FOR_MORE or (status == 200 and readable)  # noqa: PLR2004 - HTTP's OK
