"""``docs/settings.md``, made from the code: each setting with its default, its meaning and what is refused.

Run from the project's folder: ``python -m bench.settings_table > docs/settings.md``. Meanings are those of
``.env.example``, defaults those of ``settings.py``; what is refused is found out by trying.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from datasync_crawler.adapters.browser import find_browser
from datasync_crawler.adapters.postgres import connect
from datasync_crawler.adapters.state import held
from datasync_crawler.domain.choices import NAMES, read_choices
from datasync_crawler.domain.errors import ConfigurationError

ROOT = Path(__file__).parents[1]
_NONSENSE = ("no such thing", "", "-1", "99999.5", "99999")
_HEAD = """# Settings

Made by `python -m bench.settings_table > docs/settings.md` from `settings.py` (defaults), `.env.example` (meanings)
and trials (what is refused); a test holds it against them.

From the environment, else from `.env`, which is parsed and never sourced. With Scrapy's `-s NAME=VALUE` a single
command takes another value. A wrong one ends a command with exit code 2 and one line that names it, before anything
starts; `DATABASE_URL`, `STATE_DIR` and `BROWSER_PATH` are looked at when they are needed.

| Setting | Default | Means | Refused with |
|---|---|---|---|
"""
_TAIL = """
The scripts also know `PYTHON`, the interpreter that makes `.venv`, and `NO_INSTALL=1`, which forbids installing.
Thresholds of the monitors are settings of Scrapy: [watching.md](watching.md).
"""


def main() -> None:
    """Prints the page."""
    print(page(), end="")


def page() -> str:
    """The whole page."""
    known, told = defaults(), meanings()
    rows = (f"| `{name}` | {_code(known[name])} | {told[name]} | {refusals(name, known)} |" for name in NAMES)
    return _HEAD + "\n".join(rows) + "\n" + _TAIL


def defaults() -> dict[str, str]:
    """The default of every setting, read from the text of ``settings.py``, so that no environment matters."""
    tree = ast.parse((ROOT / "datasync_crawler" / "settings.py").read_text())
    chosen = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "id", "") == "_chosen"
    )
    return {ast.literal_eval(call.args[0]): _default(call.args[1:]) for call in chosen}


def meanings() -> dict[str, str]:
    """What the comment before it in ``.env.example`` says of each setting; one comment may be of several."""
    found: dict[str, str] = {}
    for paragraph in (ROOT / ".env.example").read_text().split("\n\n")[1:]:
        words = " ".join(re.findall(r"^# (.*)", paragraph, re.MULTILINE))
        found |= dict.fromkeys(re.findall(r"^#?([A-Z_]+)=", paragraph, re.MULTILINE), words)
    return found


def refusals(name: str, known: dict[str, str]) -> str:
    """With which words nonsense is refused, the nonsense itself left out."""
    check = _CHECKED_LATER.get(name, lambda value: read_choices({**known, "TARGET_API_KEY": "key", name: value}))
    told = filter(None, (_refusal(check, value) for value in _NONSENSE))
    return "; ".join(dict.fromkeys(re.sub(r", not [^,]*$", "", sentence) for sentence in told))


def _refusal(check: Callable[[str], object], value: str) -> str:
    try:
        check(value)
    except ConfigurationError as error:
        return str(error)
    return ""


def _folder(_value: str) -> None:
    """A folder below a file can never be made."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "file")
        file.touch()
        try:
            with held(file / "state"):
                raise AssertionError("a folder was made below a file")
        except ConfigurationError as error:
            raise ConfigurationError(str(error).replace(str(file / "state"), "…")) from error


_CHECKED_LATER: dict[str, Callable[[str], object]] = {
    "DATABASE_URL": lambda _value: connect("no such thing"),
    "STATE_DIR": _folder,
    "BROWSER_PATH": lambda _value: find_browser("/…"),
}
"""Settings whose check needs more than the text of all settings."""


def _default(arguments: list[ast.expr]) -> str:
    if not arguments:
        return ""
    # `str(64 << 20)` is the one that is more than a literal.
    return str(eval(ast.unparse(arguments[0]), {"__builtins__": {"str": str}}))  # noqa: S307 - our own source


def _code(text: str) -> str:
    return f"`{text}`" if text else "none"


if __name__ == "__main__":
    main()
