"""The file that stands for a submission when none is to be sent."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def write_submission(path: Path, chunks: Iterable[bytes]) -> int:
    """Writes the bytes that would be posted (mode 0600) and returns how many.

    Whatever fails, no half file is left at ``path``. What is there already is replaced if it is a regular file, and
    nothing else is: FileExistsError.
    """
    if path.exists() and not path.is_file():
        raise FileExistsError(errno.EEXIST, "something else than a regular file is there", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            length = sum(map(file.write, chunks))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return length
