from __future__ import annotations

from pathlib import Path

from datasync_crawler.adapters.profile_file import read_profile_file, write_profile_file
from datasync_crawler.domain.profile import Profile

PROFILE = Profile("http://h", "http://h/api", (), (), ())


def test_what_was_written_is_read_again_by_its_owner_alone(tmp_path: Path) -> None:
    place = write_profile_file(tmp_path / "state", PROFILE)
    assert read_profile_file(tmp_path / "state") == PROFILE
    assert place.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in place.parent.iterdir()] == ["profile.json"]


def test_a_newer_profile_takes_the_place_of_the_older(tmp_path: Path) -> None:
    write_profile_file(tmp_path, PROFILE)
    newer = Profile("http://h", "http://h/v2", (), (), ())
    write_profile_file(tmp_path, newer)
    assert read_profile_file(tmp_path) == newer


def test_what_is_no_profile_is_none(tmp_path: Path) -> None:
    assert read_profile_file(tmp_path) is None
    (tmp_path / "profile.json").write_text('{"origin": 7}')
    assert read_profile_file(tmp_path) is None
    (tmp_path / "profile.json").write_text("{")
    assert read_profile_file(tmp_path) is None
