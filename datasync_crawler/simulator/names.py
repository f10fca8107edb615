"""What a service calls things: its paths, headers, parameters and the fields of its JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")


@dataclass(frozen=True, slots=True)
class Names:
    """Names as they stand on the wire; ``…_at`` are places in a page's JSON, by dots, empty where nothing is told.

    Where ``rows_at`` is empty, a page is nothing but its rows.
    """

    api_path: str = "/api/v1"
    internal_path: str = "/internal"
    access_path: str = "/dashboard/stream-access"
    """Where stream access is given, below ``internal_path``."""
    events_name: str = "events"
    events_moved_to: str = ""
    """Where the list of events is from ``moves_after`` on; its first address then redirects (308)."""
    moves_after: float = 0.0
    """Seconds from the first call with a key."""
    sessions_name: str = "sessions"
    metrics_name: str = "metrics"
    submissions_name: str = "submissions"
    repository_parameter: str = "github_repo"
    """The parameter of a submission that names a repository; told in the document where it is not the usual one."""

    key_header: str = "X-API-Key"
    key_scheme: str = ""
    """What stands before the key in its header, as Bearer does."""
    key_parameter: str = "api_key"
    key_cookie: str = "dashboard_api_key"
    sign_in_parameter: str = "apiKey"

    limit_parameter: str = "limit"
    cursor_parameter: str = "cursor"
    since_parameter: str = "since"
    until_parameter: str = "until"
    offset_parameter: str = "offset"
    page_parameter: str = "page"
    type_parameter: str = "type"
    fields_parameter: str = "fields"

    rows_at: str = "data"
    limit_at: str = "pagination.limit"
    more_at: str = "pagination.hasMore"
    cursor_at: str = "pagination.nextCursor"
    life_at: str = "pagination.cursorExpiresIn"
    total_at: str = "meta.total"
    returned_at: str = "meta.returned"
    request_at: str = "meta.requestId"

    id_field: str = "id"
    time_field: str = "timestamp"
    type_field: str = "type"
    snake_case: bool = False
    """Whether all names of fields are written with underscores instead of humps."""

    @property
    def events(self) -> str:
        """The path of the list of events."""
        return f"{self.api_path}/{self.events_name}"

    @property
    def sessions(self) -> str:
        """The path of the list of sessions."""
        return f"{self.api_path}/{self.sessions_name}"

    @property
    def submissions(self) -> str:
        """The path where lists of ids are handed in."""
        return f"{self.api_path}/{self.submissions_name}"

    @property
    def access(self) -> str:
        """The path where stream access is given."""
        return f"{self.internal_path}{self.access_path}"

    def cased(self, name: str) -> str:
        """A field's name or place as this service writes it."""
        return _HUMP.sub(r"_\1", name).lower() if self.snake_case else name

    def recased(self, value: object) -> object:
        """A JSON value with all names of fields as this service writes them."""
        if not self.snake_case:
            return value
        if isinstance(value, dict):
            return {self.cased(name): self.recased(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.recased(inner) for inner in value]
        return value


def placed(places: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON document with values at their places, in the order given; a value without a place is left out.

    >>> placed([("meta.total", 3), ("", 7), ("meta.returned", 1)])
    {'meta': {'total': 3, 'returned': 1}}
    """
    document: dict[str, object] = {}
    for place, value in places:
        if not place:
            continue
        *folders, name = place.split(".")
        inner = document
        for folder in folders:
            following = inner.setdefault(folder, {})
            assert isinstance(following, dict)
            inner = following
        inner[name] = value
    return document
