"""Who may come in: keys and the forms they are sent in, stream access and its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datasync_crawler.simulator.answers import Answer, refusal, told
from datasync_crawler.simulator.reads import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from datasync_crawler.simulator.keys import Account
    from datasync_crawler.simulator.routes import Call
    from datasync_crawler.simulator.world import World

_OPENERS: Mapping[str, Callable[[Mapping[str, str]], bool]] = {
    "user-agent": lambda headers: headers.get("user-agent", "").startswith("Mozilla/5.0"),
    "origin": lambda headers: "origin" in headers,
    "referer": lambda headers: "referer" in headers,
    "cookie": lambda headers: "dashboard_api_key=" in headers.get("cookie", ""),
    "requested-with": lambda headers: headers.get("x-requested-with") == "XMLHttpRequest",
    "dashboard-session": lambda headers: headers.get("x-dashboard-session") == "true",
}
"""What a header set must have for stream access, by the name used in the world's switch."""


def credential(world: World, call: Call) -> tuple[str, str]:
    """The key of a call and the form it came in (header or query); two empty texts without one."""
    if key := call.headers.get("x-api-key"):
        return key, "header"
    if key := call.query.get("api_key"):
        return key, "query"
    if world.key_camel_accepted and (key := call.query.get("apiKey")):
        return key, "query"
    return "", ""


def key_refused(world: World, key: str, account: Account | None) -> Answer:
    """The answer to a call without a key, with an unknown one, or with one that has expired."""
    if not key:
        return refusal(world.key_refusal, "API_KEY_REQUIRED", "API key is required")
    if account is None:
        return refusal(world.key_refusal, "INVALID_API_KEY", "Invalid API key")
    return refusal(world.key_refusal, "API_KEY_EXPIRED", "API key has expired")


def stream_access(world: World, account: Account, call: Call) -> Answer:
    """A token for the feed, for whoever looks like the dashboard."""
    wanted = [name.strip() for name in world.stream_access_wants.split(",") if name.strip()]
    if not all(_OPENERS[name](call.headers) for name in wanted):
        return refusal(403, "DASHBOARD_REQUIRED", "This endpoint requires dashboard access")
    note = f"Token is required in {world.token_header} header when accessing the stream endpoint"
    return told(
        {
            "streamAccess": {
                "endpoint": world.feed_path,
                "token": account.issue_token(world, call.at),
                "expiresIn": max(1, int(world.span(world.token_life))),
                "tokenHeader": world.token_header,
            },
            "meta": {"generatedAt": moment(call.at), "note": note},
        }
    )


def feed_refused(world: World, account: Account, call: Call) -> Answer | None:
    """The answer to a call of the feed without a living token, or None when it has one."""
    if account.token_lives(stream_token(world, call), call.at):
        return None
    return refusal(403, "INVALID_STREAM_TOKEN", "Invalid or expired stream token")


def stream_token(world: World, call: Call) -> str:
    """The stream token that a call carries, or an empty text."""
    return call.headers.get(world.token_header.lower(), "")
