"""What import-linter cannot say about the arrows between the packages."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PACKAGE = Path(__file__).parents[2] / "datasync_crawler"
MODULES = sorted(PACKAGE.rglob("*.py"))
PURE = {"genson", "msgspec", "tree_sitter", "tree_sitter_javascript"}
IMPURE = {
    "asyncio",
    "concurrent",
    "ftplib",
    "http",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "random",
    "secrets",
    "select",
    "selectors",
    "shutil",
    "signal",
    "smtplib",
    "socket",
    "socketserver",
    "sqlite3",
    "ssl",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
}
CLOCKS = {"now", "utcnow", "today"}


def modules_of(*parts: str) -> list[Path]:
    return [module for module in MODULES if module.relative_to(PACKAGE).parts[: len(parts)] == parts]


def imported(module: Path) -> Iterator[str]:
    """Every dotted name a module imports, wherever in it."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def offenders(modules: list[Path], rule: Callable[[Path], object]) -> list[str]:
    """Where a rule finds something: "path: what"."""
    found = ((module, rule(module)) for module in modules)
    return [f"{module.relative_to(PACKAGE.parent)}: {what}" for module, what in found if what]


def calls_of_clocks(module: Path) -> set[str]:
    calls = (n.func for n in ast.walk(ast.parse(module.read_text())) if isinstance(n, ast.Call))
    return {call.attr for call in calls if isinstance(call, ast.Attribute)} & CLOCKS


def readings_of_the_environment(module: Path) -> set[str]:
    attributes = {n.attr for n in ast.walk(ast.parse(module.read_text())) if isinstance(n, ast.Attribute)}
    return (attributes | set(imported(module))) & {"environ", "getenv", "os.environ", "os.getenv"}


def long_functions(module: Path) -> list[str]:
    nodes = ast.walk(ast.parse(module.read_text()))
    functions = (n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return [f.name for f in functions if (f.end_lineno or f.lineno) - f.lineno >= 40]


def test_there_are_modules_to_judge() -> None:
    assert all(modules_of(layer) for layer in ("domain", "flow", "adapters", "simulator"))


def test_every_module_says_what_it_is_for() -> None:
    assert offenders(MODULES, lambda m: not ast.get_docstring(ast.parse(m.read_text()))) == []


def test_no_module_outgrows_the_eye() -> None:
    assert offenders(MODULES, lambda m: max(0, len(m.read_text().splitlines()) - 250)) == []


def test_no_function_outgrows_the_eye() -> None:
    assert offenders(MODULES, long_functions) == []


def test_the_domain_needs_nothing_that_can_wait_or_fail() -> None:
    allowed = (sys.stdlib_module_names - IMPURE) | PURE | {"datasync_crawler"}
    assert offenders(modules_of("domain"), lambda m: {name.partition(".")[0] for name in imported(m)} - allowed) == []


def test_the_domain_is_told_the_time() -> None:
    assert offenders(modules_of("domain"), calls_of_clocks) == []


def test_the_simulator_imports_nothing_of_the_crawler() -> None:
    def of_the_crawler(module: Path) -> list[str]:
        own = (name for name in imported(module) if name.startswith("datasync_crawler"))
        return [name for name in own if not name.startswith("datasync_crawler.simulator")]

    assert offenders(modules_of("simulator"), of_the_crawler) == []


def test_only_the_settings_read_the_environment() -> None:
    """The simulator stands apart: it looks for its user's cache folder by itself."""
    readers = {PACKAGE / "settings.py", *modules_of("simulator")}
    assert offenders([m for m in MODULES if m not in readers], readings_of_the_environment) == []
