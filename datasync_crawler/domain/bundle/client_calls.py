"""Calls through client libraries: `client.get(path, settings)`, `client(path, settings)`, `client.request({url, …})`.

Where nothing tells what a call goes through, its shape may: an address with settings like `method` or `headers`, a
method named like a verb that is given an address, or settings that name both an address and a method.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from .clients import chained, is_address, overlaid, settings_of
from .draft import Draft
from .libraries import AFTER_VERB, ELSEWHERE, METHODS, SETTINGS, TELLING, VERBS, WITH_BODY
from .provided import given_values
from .records import as_record
from .strings import concat, text
from .syntax import Node, called_name, callee_of, property_name
from .values import EMPTY, UNDEFINED, Client, Closure, Fixed, Global, Hole, Record, Text, Value, options

if TYPE_CHECKING:
    from .evaluator import Evaluator
    from .values import Frame

_ADDRESSED = frozenset({"ajax", "getjson", *VERBS})
_VERB_OF = {"del": "delete", "getjson": "get", "ajax": "request"}
# What is asked for by a link or an image, not by a client.
_DOCUMENT = re.compile(r"\.(?:html?|png|svg|jpe?g|gif|webp|ico|css|js|woff2?|pdf|mp4)$")
_LONGEST_CHAIN = 6
_MOST_LOOKED_AT = 60


def client_drafts(evaluator: Evaluator, call: Node, frame: Frame | None) -> list[Draft]:
    """The calls that `call` makes if it goes through a client."""
    callee = callee_of(call)
    if callee is None or call.kind == "new_expression":
        return []
    for target in options(evaluator.value(callee, frame)):
        client = _loaded(target.path) if isinstance(target, Global) else target
        if isinstance(client, Client):
            return _through(evaluator, client, given_values(evaluator, call, frame), call, frame)
    return []


def _loaded(path: str) -> Client | None:
    """A method of a client that a page loads by a script of its own: `$.ajax`, `jQuery.getJSON`, `$fetch`."""
    root, _, method = path.partition(".")
    known = (root in ("$", "jQuery") and method.lower() in _ADDRESSED) or path == "$fetch"
    return Client(EMPTY, _VERB_OF.get(method.lower(), method.lower())) if known else None


def shaped_drafts(evaluator: Evaluator, call: Node, frame: Frame | None) -> list[Draft]:
    """The calls that `call` makes by its shape, whatever it goes through."""
    callee, name = callee_of(call), called_name(call)
    if callee is None or name in ELSEWHERE or callee.text in ELSEWHERE:
        return []
    given = given_values(evaluator, call, frame)
    if not given or not _is_request(name.lower(), given):
        return []
    if isinstance(evaluator.value(callee, frame), Global):
        return []
    verb = _VERB_OF.get(name.lower(), name.lower())
    return _through(evaluator, Client(EMPTY, verb if verb in VERBS else ""), given, call, frame)


def _is_request(name: str, given: tuple[Value, ...]) -> bool:
    settings = given[1] if len(given) > 1 else UNDEFINED
    if isinstance(given[0], Record):
        address = given[0].entries.get("url", UNDEFINED)
        return _is_path(address) and (name == "ajax" or len(TELLING.intersection(given[0].entries)) > 0)
    if not _is_path(given[0]):
        return False
    if isinstance(settings, Record) and TELLING.intersection(settings.entries):
        return True
    return name in _ADDRESSED and not isinstance(settings, Closure)


def _is_path(value: Value) -> bool:
    return is_address(value) and not any(_DOCUMENT.search(text(option).template) for option in options(value))


def _through(
    evaluator: Evaluator, client: Client, given: tuple[Value, ...], call: Node, frame: Frame | None
) -> list[Draft]:
    address, settings = _asked(evaluator, _VERB_OF.get(client.verb, client.verb), given)
    if address is None:
        return []
    more = _afterwards(evaluator, call, frame) if client.verb else EMPTY
    return [described(client.settings, overlaid(settings, more), address)]


def _asked(evaluator: Evaluator, verb: str, given: tuple[Value, ...]) -> tuple[Value | None, Record]:
    """The address and the settings that a call's arguments give."""
    first = given[0] if given else UNDEFINED
    fixed = EMPTY.with_entry("method", Text(verb)) if verb not in ("", "request") else EMPTY
    if isinstance(first, Record) and not first.query:
        if verb in WITH_BODY and "url" not in first.entries:
            address = given[1] if len(given) > 1 and isinstance(given[1], Text) else Text("")
            return address, fixed.with_entry("data", first)
        if first.open and "url" not in first.entries:
            return None, EMPTY
        settings = overlaid(settings_of(evaluator, first), fixed)
        return settings.entries.get("url", Text("")), settings
    if verb in ("", "request") and len(given) > 1 and text(first).template.upper() in METHODS:
        fixed, given, first = EMPTY.with_entry("method", first), given[1:], given[1]
    if not given and verb in ("", "request"):
        return None, EMPTY
    rest = given[1:]
    if verb in WITH_BODY and rest and (len(rest) > 1 or not _are_settings(rest[0])):
        fixed = fixed.with_entry("data", rest[0])
        rest = rest[1:]
    elif verb == "get" and rest and isinstance(rest[0], Record) and not _are_settings(rest[0]):
        fixed = fixed.with_entry("params", rest[0])
        rest = rest[1:]
    settings = settings_of(evaluator, rest[0]) if rest and isinstance(rest[0], Record) else EMPTY
    return (Text("") if first == UNDEFINED else first), overlaid(settings, fixed)


def _are_settings(value: Value) -> bool:
    if not isinstance(value, Record):
        return isinstance(value, Hole)
    return (bool(value.entries) and SETTINGS.issuperset(value.entries)) or (value.open and not value.entries)


def _afterwards(evaluator: Evaluator, call: Node, frame: Frame | None) -> Record:
    """What a chain sets after the verb: `request.get(path).query(…).set(…)`."""
    client = Client(EMPTY)
    for _ in range(_LONGEST_CHAIN):
        member = call.parent
        onward = member.parent if member is not None and call.field == "object" else None
        if member is None or onward is None or onward.kind != "call_expression" or member.field != "function":
            break
        if property_name(member) in AFTER_VERB:
            given = given_values(evaluator, onward, frame)
            following = chained(evaluator, client, property_name(member), given)
            client = following if isinstance(following, Client) else client
        call = onward
    return client.settings


def described(client: Record, settings: Record, address: Value) -> Draft:
    """The call with these settings over those of its client."""
    whole = overlaid(client, settings)
    start = client.entries.get("url", Text("")) if address != client.entries.get("url") else Text("")
    written = text(address).template
    path = address if "://" in written[:12] else _after(start, address)
    return Draft(
        "axios",
        whole.entries.get("method", UNDEFINED),
        _on_base(whole.entries.get("baseURL", UNDEFINED), path),
        params=whole.entries.get("params", EMPTY),
        headers=as_record(whole.entries.get("headers", EMPTY)),
        body=whole.entries.get("data", UNDEFINED),
    )


def _after(start: Value, address: Value) -> Value:
    return address if text(start).template == "" else concat([start, address])


def _on_base(base: Value, url: Value) -> Value:
    start = _best(base)
    if isinstance(base, Fixed) or not start.template or "://" in text(url).template[:12]:
        return url
    if text(url).template == "":
        return base
    slash = "" if text(url).template.startswith(("/", "?")) or start.template.endswith("/") else "/"
    doubled = start.template.endswith("/") and text(url).template.startswith("/")
    return concat([Text(start.template[:-1] if doubled else start.template, start.known), Text(slash), url])


def _best(base: Value) -> Text:
    """Of several bases the first that is known."""
    found = [text(option) for option in options(base) if not isinstance(option, Fixed)]
    return next((option for option in found if option.known), found[0] if found else Text(""))


def may_be_shaped(call: Node) -> bool:
    """Whether a call is worth a look at its shape: its first argument writes a slash, or settings with an address."""
    if call.kind != "call_expression":
        return False
    held = call.child("arguments")
    first = held.children[0] if held is not None and held.children else None
    if first is None:
        return False
    if first.kind == "object":
        return any(_names_address(pair) for pair in first.children)
    if first.kind not in ("string", "template_string", "binary_expression", "call_expression", "identifier"):
        return False
    if first.kind == "identifier":
        settings = held.children[1] if held is not None and len(held.children) > 1 else None
        return called_name(call).lower() in _ADDRESSED or (settings is not None and settings.kind == "object")
    near = islice(first.descendants(), _MOST_LOOKED_AT)
    return any("/" in node.text for node in near if node.kind == "string_fragment")


def _names_address(pair: Node) -> bool:
    key = pair.child("key")
    return pair.text == "url" or (key is not None and key.text == "url")
