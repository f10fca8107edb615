"""The file that a user names to be written."""

from __future__ import annotations

from pathlib import Path

from datasync_crawler.domain.errors import ConfigurationError


def target_file(name: str) -> Path:
    """The file of this name; ConfigurationError where none can be, as no folder is made for it.

    What is there already is replaced if it is a regular file, and nothing else is.
    """
    file = Path(name)
    try:
        _check(file)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from error
    return file


def _check(file: Path) -> None:
    if file.is_dir():
        raise ConfigurationError(f"{file} cannot be written: it is a folder")
    if not file.parent.is_dir():
        raise ConfigurationError(f"{file} cannot be written: there is no folder {file.parent}")
    if file.exists() and not file.is_file():
        raise ConfigurationError(f"{file} cannot be written: something else than a regular file is there")
