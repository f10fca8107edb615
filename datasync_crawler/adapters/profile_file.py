"""The profile on disk: ``profile.json`` in the state directory, for its owner alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from datasync_crawler.adapters.state import write_atomically
from datasync_crawler.domain.profile import read_profile

if TYPE_CHECKING:
    from datasync_crawler.domain.profile import Profile

_NAME = "profile.json"


def write_profile_file(state: Path, profile: Profile) -> Path:
    """Writes the profile (mode 0600), whole or not at all; returns where it is."""
    target = state / _NAME
    write_atomically(target, profile.to_json())
    return target


def read_profile_file(state: Path) -> Profile | None:
    """The profile in the state directory; None when there is none that can be read."""
    try:
        return read_profile((state / _NAME).read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
