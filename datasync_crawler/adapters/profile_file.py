"""What was found, on disk: ``profile.json`` and ``openapi.json`` in the state directory, for their owner alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from datasync_crawler.adapters.state import write_atomically
from datasync_crawler.domain.profile import read_profile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from datasync_crawler.domain.profile import Profile

_NAME, _DESCRIPTION = "profile.json", "openapi.json"


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


def write_description(state: Path, document: Mapping[str, Any]) -> Path:
    """Writes the OpenAPI document of the API that was found (mode 0600), whole or not at all; returns where it is."""
    target = state / _DESCRIPTION
    write_atomically(target, msgspec.json.format(msgspec.json.encode(document), indent=2))
    return target
