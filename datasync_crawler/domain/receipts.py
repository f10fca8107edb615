"""Reading what a service says of submissions, loosely: its words are known, its names and shapes are not.

Names are taken apart into lower-case words (``remainingSubmissions`` → remaining, submissions), and a fact is looked
for wherever in the JSON it may sit, the shallowest place first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from datasync_crawler.domain.errors import DatasyncError, KeyExpired, KeyRefused, SubmissionRefused, SubmissionTooSoon
from datasync_crawler.domain.ratelimit import RateWord, refuses
from datasync_crawler.domain.texts import whole

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_LEFT = frozenset({"remaining", "left"})
_COUNT = frozenset({"count", "counted", "events", "ids", "records", "rows", "total", "received"})
_MOMENTS = frozenset({"time", "ms", "milliseconds", "seconds", "minutes", "expires", "rate", "calls", "requests"})
_FLAGS = frozenset({"success", "succeeded", "ok", "accepted"})
_FAULTS = frozenset({"error", "errors"})
_DENIALS = frozenset({"error", "failed", "failure", "rejected", "refused", "invalid"})
_REASONS = ("message", "detail", "reason", "error", "title", "description")
_KEY_WORDS = ("key", "credential", "token", "auth")
_LONGEST_REASON = 200
# Statuses of answers that may follow what was counted: "the result is there", and "you took too long".
_EITHER = frozenset({301, 302, 303, 408})

Node = tuple[tuple[str, ...], Any]


class Verdict(StrEnum):
    """What one answer to a submission means."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an accepting answer tells; each is None where it tells nothing of it. ``elapsed`` is in its own words."""

    submission: str | None = None
    count: int | None = None
    remaining: int | None = None
    elapsed: str | None = None


class Listing(msgspec.Struct, frozen=True):
    """What the service tells of all submissions of a key: how many are left, and one JSON object for each made."""

    remaining: int | None = None
    entries: tuple[dict[str, Any], ...] | None = None


def judge(status: int, body: bytes, count: int) -> Verdict:
    """The meaning of an answer to a submission of ``count`` ids.

    What was sent elsewhere or a 4xx did not count, nor did what was refused for its rate, whatever its status. An
    answer that denies and affirms at once, as one that names ids it did not know, may have counted.
    """
    if (300 <= status < 500 and status not in _EITHER) or refuses(status, RateWord(), body):  # noqa: PLR2004 - HTTP's
        return Verdict.REFUSED
    answer = _json(body)
    if not 200 <= status < 300 or not isinstance(answer, dict):  # noqa: PLR2004 - the same
        return Verdict.DOUBTFUL
    denied, affirmed = _denies(answer), _affirms(answer, count)
    if denied == affirmed:
        return Verdict.DOUBTFUL
    return Verdict.REFUSED if denied else Verdict.ACCEPTED


def read_receipt(body: bytes, count: int) -> Receipt:
    """What an answer tells of a submission of ``count`` ids."""
    nodes = list(_walk(_json(body)))
    return Receipt(_submission(nodes), _count(nodes, count), _remaining(nodes), _elapsed(nodes))


def read_listing(body: bytes) -> Listing | None:
    """What an answer tells of earlier submissions, or None when it tells neither how many nor which."""
    answer = _json(body)
    if not isinstance(answer, (dict, list)) or (isinstance(answer, dict) and _denies(answer)):
        return None
    nodes = list(_walk(answer))
    listing = Listing(_remaining(nodes), _entries([((), answer), *nodes]))
    return None if listing == Listing() else listing


def explain(status: int, body: bytes) -> str:
    """One line saying what was answered: the status, and the reason in the service's words."""
    nodes = reversed(list(_walk(_json(body))))
    reasons = {name: value for path, value in nodes for name in path[-1:] if isinstance(value, str)}
    spoken = next((reasons[name] for name in _REASONS if name in reasons), None)
    text = spoken if spoken is not None else re.sub(r"<[^>]*>", " ", body[:4096].decode("utf-8", "replace"))
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return f"status {status}" + (f": {line[:_LONGEST_REASON]}" if line else "")


def refusal(status: int, body: bytes, wait: float | None = None) -> DatasyncError:
    """The error that a refusing answer stands for: of the rate (``wait`` was told), of the key, else of itself."""
    told = explain(status, body)
    words = body.decode("utf-8", "replace").lower()
    if refuses(status, RateWord(), body) and "submission" not in words:
        return SubmissionTooSoon(f"the submission was refused ({told})", wait)
    keyed = any(word in words for word in _KEY_WORDS)
    if "expired" in words and (keyed or status == 401):  # noqa: PLR2004 - HTTP's own
        return KeyExpired(f"the key has expired ({told})")
    if status == 401 or (status == 403 and "submission" not in words):  # noqa: PLR2004 - the same
        return KeyRefused(f"the service does not take the key ({told})")
    return SubmissionRefused(f"the submission was refused ({told})")


def mentions(entry: dict[str, Any], count: int, repository: str) -> bool:
    """Whether a listed submission is one of ``count`` ids, and of that repository if it names any."""
    values = [value for _, value in _walk(entry)]
    places = [_place(value) for value in values if isinstance(value, str) and "://" in value]
    return count in map(_whole, values) and (not places or _place(repository) in places)


def states_count(entry: dict[str, Any]) -> bool:
    """Whether a listed submission tells how many ids it had."""
    return any(_names(path) & _COUNT and _whole(value) is not None for path, value in _walk(entry))


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None


def _walk(tree: Any) -> Iterator[Node]:
    """Every member below, breadth first, with the path of names that leads to it; the places in lists have no name."""
    level: list[Node] = [((), tree)]
    while level:
        below: list[Node] = []
        for path, node in level:
            if isinstance(node, dict):
                below += [((*path, str(name)), value) for name, value in node.items()]
            elif isinstance(node, list):
                below += [((*path, ""), value) for value in node]
        yield from below
        level = below


def _names(path: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(path[-1])) if path else frozenset()


def _whole(value: Any) -> int | None:
    return whole(value.replace(",", "") if isinstance(value, str) else value)


def _place(address: str) -> str:
    return address.strip().lower().rstrip("/").removesuffix(".git")


def _denies(answer: dict[str, Any]) -> bool:
    members = [(_names((name,)), value) for name, value in answer.items()]
    failed = any((names & _FLAGS and value is False) or (names & _FAULTS and value) for names, value in members)
    return failed or any(isinstance(value, str) and value.lower() in _DENIALS for _, value in members)


def _affirms(answer: dict[str, Any], count: int) -> bool:
    nodes = list(_walk(answer))
    flagged = any(_names(path) & _FLAGS and value is True for path, value in nodes)
    spoken = any(isinstance(value, str) and value.lower() in _FLAGS | {"received"} for _, value in nodes)
    return flagged or spoken or _count(nodes, count) == count or _submission(nodes) is not None


def _submission(nodes: list[Node]) -> str | None:
    texts = [(_names(path), value) for path, value in nodes if isinstance(value, (str, int))]
    named = [(names, value) for names, value in texts if value != "" and not isinstance(value, bool)]
    exact = [value for names, value in named if names == {"submission", "id"}]
    plain = [value for names, value in named if names == {"id"}]
    return next((str(value) for value in exact + plain), None)


def _count(nodes: list[Node], count: int) -> int | None:
    told = [number for path, value in nodes if _names(path) & _COUNT and (number := _whole(value)) is not None]
    return count if count in told else next(iter(told), None)


def _remaining(nodes: list[Node]) -> int | None:
    """The number left; where only single submissions tell it, the least of theirs. Limits on calls are passed over."""
    told = [
        ("" in path, not any("submission" in name.lower() for name in path), len(path), number)
        for path, value in nodes
        if _names(path) & _LEFT and (number := _whole(value)) is not None
        if not any(_names((name,)) & _MOMENTS for name in path)
    ]
    return min(told)[-1] if told else None


def _entries(nodes: list[Node]) -> tuple[dict[str, Any], ...] | None:
    lists = [
        (not any("submission" in name.lower() for name in path), not value, value)
        for path, value in nodes
        if isinstance(value, list) and all(isinstance(entry, dict) for entry in value)
        if not _names(path) & _FAULTS
    ]
    return tuple(min(lists, key=lambda found: found[:2])[-1]) if lists else None


def _elapsed(nodes: list[Node]) -> str | None:
    spans = [(path, value) for path, value in nodes if _names(path) & {"time", "elapsed", "duration"}]
    for path, value in spans:
        if isinstance(value, dict):
            texts = [text for text in value.values() if isinstance(text, str)]
            return texts[0] if texts else None
        if isinstance(value, (int, float, str)) and not isinstance(value, bool):
            return f"{path[-1]} {value}"
    return None
