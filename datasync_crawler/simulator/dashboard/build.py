"""Builds the dashboard's files as a bundler would: one script of library code and application code, named by its hash.

Run it as a module after a change in ``src``; the result is the same on every machine.
"""

from __future__ import annotations

import base64
import hashlib
import random
from pathlib import Path

HERE = Path(__file__).parent
LIBRARY_SIZE = 96_000
"""Characters of library code before the application's."""


def build() -> dict[str, str]:
    """The text of every built file by its path under the dashboard's folder."""
    script = f"{_source('prelude.js')}{_library(random.Random(7))}{_source('app.js')}"
    digest = base64.urlsafe_b64encode(hashlib.sha256(script.encode()).digest()).decode()[:8]
    name = f"index-{digest.replace('-', 'a').replace('_', 'b')}.js"
    page = _source("page.html").replace("{script}", name)
    return {f"assets/{name}": script, "index.html": page}


def write() -> None:
    """Put the built files in place of the older ones."""
    for old in (HERE / "assets").glob("*.js"):
        old.unlink()
    for path, text in build().items():
        (HERE / path).parent.mkdir(exist_ok=True)
        (HERE / path).write_text(text)


def _library(source: random.Random) -> str:
    """Code that looks like a library's, defines many names, and does nothing.

    Each line of ``library.txt`` is the shape of a definition; in braces stand a name, words and numbers.
    """
    shapes, words = _source("library.txt").splitlines(), _source("words.txt").split()
    parts: list[str] = []
    size = 0
    while size < LIBRARY_SIZE:
        v, w, x, y = source.sample(words, 4)
        name = f"_{len(parts):x}{source.choice('abcdefghijkmnop')}"
        numbers = {"k": source.randrange(1, 4096), "m": source.randrange(3, 65536)}
        parts.append(source.choice(shapes).format(a=name, v=v, w=w, x=x, y=y, **numbers))
        size += len(parts[-1])
    return "".join(parts) + "\n"


def _source(name: str) -> str:
    return (HERE / "src" / name).read_text()


if __name__ == "__main__":
    write()
