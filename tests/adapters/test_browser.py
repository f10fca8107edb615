from __future__ import annotations

from pathlib import Path

import pytest

from datasync_crawler.adapters.browser import find_browser, launch_options
from datasync_crawler.domain.errors import ConfigurationError


def _executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_chosen_browser_is_taken(tmp_path: Path) -> None:
    browser = _executable(tmp_path / "mine")
    assert find_browser(str(browser)) == str(browser)


def test_a_choice_that_is_no_program_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="BROWSER_PATH"):
        find_browser(str(tmp_path / "none"))
    with pytest.raises(ConfigurationError, match="BROWSER_PATH"):
        find_browser(str(tmp_path))


def test_a_browser_on_the_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = _executable(tmp_path / "bin" / "chromium")
    monkeypatch.setenv("PATH", str(browser.parent))
    assert find_browser() == str(browser)


def test_a_downloaded_browser_is_found_where_there_is_none_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    downloads = str(tmp_path / "browsers")
    assert find_browser("", downloads) is None
    browser = _executable(tmp_path / "browsers" / "chromium-1200" / "chrome-linux64" / "chrome")
    assert find_browser("", downloads) == str(browser)


@pytest.mark.parametrize(("user", "container", "bare"), [(0, False, True), (1000, False, False), (1000, True, True)])
def test_root_and_who_is_in_a_container_go_without_the_sandbox(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, user: int, container: bool, bare: bool
) -> None:
    mark = tmp_path / "mark"
    mark.touch() if container else None
    monkeypatch.setattr("datasync_crawler.adapters.browser._CONTAINERS", (mark,))
    monkeypatch.setattr("os.geteuid", lambda: user)
    assert ("--no-sandbox" in launch_options("/x")["args"]) is bare
