"""What a page and its scripts point to: further scripts, documents, and names under which a key may be handed in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import urlsplit

from datasync_crawler.domain.addresses import joined

_SCRIPT_RELATIONS = frozenset({"modulepreload", "preload", "prefetch"})
_DOCUMENT = re.compile(r"""["'`(](/?[\w./-]*(?:\.md|\.ya?ml|openapi[\w.]*|swagger[\w.]*))["'`)]""")
# A path in quotes, behind an unknown base or with more to come; one of a single part may be anything.
_PATH = re.compile(r"""["'`](?:\$\{[\w.$]+\})?((?:/[\w-]+){2,6})(?=["'`?]|\$\{)""")
# A script's name in quotes; what is rendered ahead escapes the quotes in its own data.
_SCRIPT_NAME = re.compile(r"""["'`]([\w./:@~%()\[\]-]+\.m?js)(?:\?[\w=&.-]*)?\\?["'`]""")
_READS_URL = re.compile(r"URLSearchParams|searchParams|location\.(?:search|hash|href)")
_GETS = re.compile(r"""\.get\(\s*["'`]([A-Za-z][\w.-]{1,40})["'`]\s*\)""")
_STORED = re.compile(r"""\.getItem\(\s*["'`]([\w.:-]{2,60})["'`]\s*\)""")
# How far from a mention of the URL a `.get("name")` is still taken for reading the URL, in characters.
_NEARBY = 400
# A page reads few parameters of its own URL; a bundle full of other `.get` calls is cut off here.
_MOST_NAMES = 24
_MOST_PATHS = 200
_SIGN_IN = re.compile(r"key|token|auth|secret|access", re.IGNORECASE)


class Links(NamedTuple):
    """Absolute addresses found in a page: its scripts and its documents."""

    scripts: tuple[str, ...]
    documents: tuple[str, ...]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.links: list[str] = []
        self.mentioned: list[str] = []
        self._inline = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "script" and values.get("src"):
            self.scripts.append(values["src"])
        elif tag == "script":
            self._inline = True
        elif tag == "link" and values.get("rel", "") in _SCRIPT_RELATIONS and values.get("href", "").endswith(".js"):
            self.scripts.append(values["href"])
        elif tag == "a" and values.get("href"):
            self.links.append(values["href"])

    def handle_endtag(self, tag: str) -> None:
        self._inline = self._inline and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._inline:
            self.mentioned += _SCRIPT_NAME.findall(data)


def page_links(html: str, base: str) -> Links:
    """The scripts and documents of a page at the address ``base``, those that scripts inside the page name last."""
    tags = _Tags()
    tags.feed(html)
    documents = [link for link in tags.links if _DOCUMENT.fullmatch(f'"{link}"')]
    mentioned = [_from_its_folder(link, tags.scripts) for link in tags.mentioned]
    return Links(_absolute([*tags.scripts, *mentioned], base), _absolute(documents, base))


def _from_its_folder(mentioned: str, scripts: Iterable[str]) -> str:
    """A script's name with what stands before the same folder in the address of another script of the page."""
    folder = mentioned.partition("/")[0] + "/"
    if folder in ("/", "./", "../") or "/" not in mentioned or "://" in mentioned:
        return mentioned
    homes = (script.partition("/" + folder) for script in scripts if "/" + folder in script)
    return next((f"{home}/{mentioned}" for home, _, _ in homes), mentioned)


def mentioned_documents(text: str, base: str) -> tuple[str, ...]:
    """Documents that a script, a page or an API description names, on the same origin."""
    return tuple(url for url in _absolute(_DOCUMENT.findall(text), base) if same_origin(url, base))


def same_origin(url: str, base: str) -> bool:
    """Whether both addresses have the same scheme, host and port."""
    return urlsplit(url)[:2] == urlsplit(base)[:2]


def mentioned_paths(script: str) -> tuple[str, ...]:
    """Paths that a script writes, whether it is seen to call them or not; what stands before them may be missing."""
    return tuple(dict.fromkeys(_PATH.findall(script)))[:_MOST_PATHS]


def url_names(script: str) -> tuple[str, ...]:
    """Names of parameters that a script reads from its page's URL, those that sound like a key first."""
    near = "".join(script[match.start() : match.end() + _NEARBY] for match in _READS_URL.finditer(script))
    names = dict.fromkeys(_GETS.findall(near))
    return tuple(sorted(names, key=lambda name: not sounds_like_key(name)))[:_MOST_NAMES]


def stored_names(script: str) -> tuple[str, ...]:
    """Names that a script reads from the browser's storage and that sound like a key."""
    return tuple(name for name in dict.fromkeys(_STORED.findall(script)) if sounds_like_key(name))[:_MOST_NAMES]


def sounds_like_key(name: str) -> bool:
    """Whether a name speaks of a key, a token or access."""
    return bool(_SIGN_IN.search(name))


def _absolute(found: Iterable[str], base: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(url for link in found if (url := joined(base, link)) is not None))
