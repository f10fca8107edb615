"""Who may come in: keys and the forms they are sent in, stream access and its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datasync_crawler.simulator.answers import Answer, refusal, told
from datasync_crawler.simulator.reads import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from datasync_crawler.simulator.keys import Account
    from datasync_crawler.simulator.names import Names
    from datasync_crawler.simulator.routes import Call
    from datasync_crawler.simulator.world import World

_OPENERS: Mapping[str, Callable[[Mapping[str, str], Names], bool]] = {
    "user-agent": lambda headers, _: headers.get("user-agent", "").startswith("Mozilla/5.0"),
    "origin": lambda headers, _: "origin" in headers,
    "referer": lambda headers, _: "referer" in headers,
    "cookie": lambda headers, names: f"{names.key_cookie}=" in headers.get("cookie", ""),
    "requested-with": lambda headers, _: headers.get("x-requested-with") == "XMLHttpRequest",
    "dashboard-session": lambda headers, _: headers.get("x-dashboard-session") == "true",
}
"""What a header set must have, by the name used in the world's switches."""


def credential(world: World, call: Call) -> tuple[str, str]:
    """The key of a call and the form it came in (header or query); two empty texts without one."""
    names, prefix = world.names, f"{world.names.key_scheme} " if world.names.key_scheme else ""
    sent = call.headers.get(names.key_header.lower(), "")
    if world.budgets.header_key and sent.startswith(prefix) and sent != prefix:
        return sent.removeprefix(prefix), "header"
    query = [names.key_parameter] if world.budgets.query_key else []
    query += ["apiKey"] if world.key_camel_accepted else []
    return next(((call.query[name], "query") for name in query if call.query.get(name)), ("", ""))


def key_refused(world: World, key: str, account: Account | None) -> Answer:
    """The answer to a call without a key, with an unknown one, or with one that has expired."""
    if not key:
        return refusal(world.key_refusal, "API_KEY_REQUIRED", "API key is required")
    if account is None:
        return refusal(world.key_refusal, "INVALID_API_KEY", "Invalid API key")
    return refusal(world.key_refusal, "API_KEY_EXPIRED", "API key has expired")


def stream_access(world: World, account: Account, call: Call) -> Answer:
    """A token for the feed, for whoever looks like the dashboard."""
    if not looks_like(world, world.stream_access_wants, call):
        return refusal(403, "DASHBOARD_REQUIRED", "This endpoint requires dashboard access")
    note = f"Token is required in {world.token_header} header when accessing the stream endpoint"
    handed = {"endpoint": world.feed_path} if world.ways.feed_written == "handed" else {}
    return told(
        world.names.recased(
            {
                "streamAccess": handed
                | {
                    "token": account.issue_token(world, call.at),
                    "expiresIn": max(1, int(world.span(world.token_life))),
                    "tokenHeader": world.token_header,
                },
                "meta": {"generatedAt": moment(call.at), "note": note},
            }
        )
    )


def looks_like(world: World, wanted: str, call: Call) -> bool:
    """Whether a call has all that is wanted of it, in words by commas."""
    return all(_OPENERS[name.strip()](call.headers, world.names) for name in wanted.split(",") if name.strip())


def feed_refused(world: World, account: Account, call: Call) -> Answer | None:
    """The answer to a call of the feed that lacks something, a living token first of all; None when it does not."""
    if not looks_like(world, world.ways.feed_wants, call):
        return refusal(403, "DASHBOARD_REQUIRED", "This endpoint requires dashboard access")
    if world.ways.feed_open or account.token_lives(stream_token(world, call), call.at):
        return None
    return refusal(403, "INVALID_STREAM_TOKEN", "Invalid or expired stream token")


def stream_token(world: World, call: Call) -> str:
    """The stream token that a call carries, or an empty text."""
    return call.headers.get(world.token_header.lower(), "")
