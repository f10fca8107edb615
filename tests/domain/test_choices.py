from __future__ import annotations

import pytest

from datasync_crawler.domain.choices import origin_of, read_choices
from datasync_crawler.domain.errors import ConfigurationError

SOUND = {
    "TARGET_API_KEY": "ds_0123",
    "API_BASE_URL": "http://h.test:8080/api/v1/",
    "DASHBOARD_URL": "",
    "DATABASE_URL": "",
    "STATE_DIR": "",
    "AUTO_SUBMIT": "false",
    "GITHUB_REPO": "",
    "ID_ONLY": "true",
    "MAX_IN_FLIGHT": "32",
    "MAX_IN_FLIGHT_BYTES": str(64 << 20),
    "WORKER_CONCURRENCY": "",
    "RATE_LIMIT_BUFFER": "0",
    "RELEARN_LIMITS": "false",
    "CURSOR_REFRESH_THRESHOLD": "20",
    "KEY_LIFE_MINUTES": "180",
    "GIVE_UP_AFTER": "30",
    "ACCEPT_REJECTED": "0",
    "PROGRESS": "auto",
    "WEB_HOST": "127.0.0.1",
    "WEB_PORT": "8000",
}


def test_sound_settings_are_taken_as_meant() -> None:
    choices = read_choices(SOUND)
    assert (choices.key, choices.api_base, choices.dashboard) == (
        "ds_0123",
        "http://h.test:8080/api/v1",
        "http://h.test:8080/",
    )
    assert (choices.database, choices.state, choices.repository, choices.most_shards) == (
        None,
        ".datasync",
        None,
        None,
    )
    assert (choices.auto_submit, choices.id_only, choices.reserve, choices.accept_rejected) == (False, True, 0, 0)
    assert (choices.most_in_flight, choices.most_bytes_in_flight) == (32, 64 << 20)


def test_durations_are_seconds_whatever_they_were_told_in() -> None:
    choices = read_choices(
        SOUND | {"KEY_LIFE_MINUTES": "90", "GIVE_UP_AFTER": "0.5", "CURSOR_REFRESH_THRESHOLD": "1.5"}
    )
    assert (choices.key_life, choices.give_up_after, choices.cursor_threshold) == (5400.0, 30.0, 1.5)


@pytest.mark.parametrize("host", ["0.0.0.0", "::1", "::", "localhost", "crawler", "1.2.3.4.5.example.com", "4you"])
def test_an_address_or_a_name_may_be_served_at(host: str) -> None:
    assert read_choices(SOUND | {"WEB_HOST": host}).web_host == host


def test_what_is_chosen_beats_what_is_derived() -> None:
    chosen = {
        "DASHBOARD_URL": "https://d.test/app",
        "DATABASE_URL": "postgresql://h/db",
        "STATE_DIR": " here ",
        "WORKER_CONCURRENCY": 4,
        "AUTO_SUBMIT": True,
        "GITHUB_REPO": "https://git.test/a/b",
    }
    choices = read_choices(SOUND | chosen)
    assert (choices.dashboard, choices.database) == ("https://d.test/app", "postgresql://h/db")
    assert (choices.state, choices.most_shards) == ("here", 4)
    assert (choices.auto_submit, choices.repository) == (True, "https://git.test/a/b")


@pytest.mark.parametrize(
    ("text", "meant"),
    [("TRUE", True), ("1", True), ("yes", True), ("on", True), ("No", False), ("0", False), ("off", False)],
)
def test_a_flag_has_many_spellings(text: str, meant: bool) -> None:
    assert read_choices(SOUND | {"ID_ONLY": text}).id_only is meant


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("TARGET_API_KEY", "", "is not set"),
        ("TARGET_API_KEY", None, "is not set"),
        ("TARGET_API_KEY", "   ", "is not set"),
        ("TARGET_API_KEY", "two words", "no header can carry"),
        ("TARGET_API_KEY", "line\nbreak", "no header can carry"),
        ("TARGET_API_KEY", "schlüssel", "no header can carry"),
        ("API_BASE_URL", "", "http(s) address, not ''"),
        ("API_BASE_URL", "h.test/api", "http(s) address, not 'h.test/api'"),
        ("API_BASE_URL", "ftp://h.test/", "http(s) address"),
        ("API_BASE_URL", "http://", "http(s) address"),
        ("API_BASE_URL", "http://h.test:0/", "http(s) address"),
        ("API_BASE_URL", "http://h.test:99999/", "http(s) address"),
        ("API_BASE_URL", "http://h.test:port/", "http(s) address"),
        ("API_BASE_URL", "http://[::1/", "http(s) address"),
        ("API_BASE_URL", "http://h test/", "http(s) address"),
        ("DASHBOARD_URL", "dashboard", "http(s) address, not 'dashboard'"),
        ("AUTO_SUBMIT", "true", "needs GITHUB_REPO"),
        ("AUTO_SUBMIT", "maybe", "true or false, not 'maybe'"),
        ("ID_ONLY", "2", "true or false, not '2'"),
        ("MAX_IN_FLIGHT", "0", "at least 1, not '0'"),
        ("MAX_IN_FLIGHT", "-3", "at least 1, not '-3'"),
        ("MAX_IN_FLIGHT", "many", "at least 1, not 'many'"),
        ("MAX_IN_FLIGHT", "1.5", "whole number, not 1.5"),
        ("MAX_IN_FLIGHT", "nan", "at least 1, not 'nan'"),
        ("MAX_IN_FLIGHT", "inf", "at least 1, not 'inf'"),
        ("MAX_IN_FLIGHT", "", "at least 1, not ''"),
        ("MAX_IN_FLIGHT_BYTES", "1000", "at least 65536"),
        ("WORKER_CONCURRENCY", "0", "at least 1"),
        ("RATE_LIMIT_BUFFER", "-1", "at least 0"),
        ("CURSOR_REFRESH_THRESHOLD", "soon", "at least 0, not 'soon'"),
        ("KEY_LIFE_MINUTES", "0", "at least 0.01"),
        ("GIVE_UP_AFTER", "never", "at least 0.01, not 'never'"),
        ("ACCEPT_REJECTED", "1.2", "whole number, not 1.2"),
        ("PROGRESS", "loud", "one of auto, live, plain, json, quiet, not 'loud'"),
        ("PROGRESS", "", "one of auto"),
        ("WEB_HOST", "a host", "interface of this machine, not 'a host'"),
        ("WEB_HOST", "", "interface of this machine"),
        ("WEB_HOST", "1.2.3.4.5", "interface of this machine, not '1.2.3.4.5'"),
        ("WEB_HOST", "256.0.0.1", "interface of this machine, not '256.0.0.1'"),
        ("WEB_HOST", "1::2::3", "interface of this machine, not '1::2::3'"),
        ("WEB_PORT", "http", "at least 0, not 'http'"),
        ("WEB_PORT", "65536", "a port, 0 for any or off for none"),
        ("WEB_PORT", "-1", "at least 0"),
        ("WEBHOOK_URL", "hooks.test/x", "http(s) address"),
        ("DATASYNC_STALL_SECONDS", "abc", "at least 0, not 'abc'"),
        ("DATASYNC_MOST_ERROR_SHARE", "-0.1", "at least 0, not '-0.1'"),
        ("GITHUB_REPO", "git.test/me/work", "http(s) URL"),
        ("GITHUB_REPO", "https://me:hush@git.test/work", "without a password"),
    ],
)
def test_each_nonsense_gives_one_clear_line_that_names_the_setting(name: str, value: object, line: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_choices(SOUND | {name: value})
    message = str(raised.value)
    assert message.startswith(name)
    assert line in message
    assert "\n" not in message
    assert raised.value.exit_code == 2


def test_the_page_can_be_left_out_and_who_is_told_is_left_out_by_default() -> None:
    choices = read_choices(SOUND | {"WEB_PORT": "OFF", "PROGRESS": "Quiet"})
    assert (choices.web_port, choices.progress, choices.webhook) == (None, "quiet", None)
    assert read_choices(SOUND | {"WEBHOOK_URL": "https://hooks.test/x"}).webhook == "https://hooks.test/x"


def test_who_makes_no_call_can_do_without_a_key() -> None:
    assert read_choices(SOUND | {"TARGET_API_KEY": ""}, keyed=False).key == ""
    with pytest.raises(ConfigurationError, match="TARGET_API_KEY"):
        read_choices(SOUND | {"TARGET_API_KEY": "two words"}, keyed=False)


def test_a_senseless_key_is_not_shown() -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_choices(SOUND | {"TARGET_API_KEY": "my secret"})
    assert "secret" not in str(raised.value)


def test_a_missing_setting_is_named() -> None:
    for name in ("API_BASE_URL", "MAX_IN_FLIGHT", "GIVE_UP_AFTER"):
        with pytest.raises(ConfigurationError, match=name):
            read_choices({key: value for key, value in SOUND.items() if key != name})


def test_the_origin_is_scheme_host_and_port() -> None:
    assert origin_of("https://h.test:8443/a/b?c#d") == "https://h.test:8443"


@pytest.mark.parametrize("address", ["hooks.test/T0/hush", "http s://hooks.test/hush", "ftp://hooks.test/hush"])
def test_where_somebody_is_told_is_a_secret_itself(address: str) -> None:
    with pytest.raises(ConfigurationError, match="WEBHOOK_URL must be") as caught:
        read_choices(SOUND | {"WEBHOOK_URL": address})
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("name", ["API_BASE_URL", "DASHBOARD_URL", "GITHUB_REPO"])
def test_an_address_hides_no_secret_and_none_is_repeated(name: str) -> None:
    for address in ("http://me:hush@h.test/api", "http://me@h.test/", "http://h.test/?k=ds_0123", "ftp://hush@h.test"):
        with pytest.raises(ConfigurationError) as caught:
            read_choices(SOUND | {name: address})
        assert "hush" not in str(caught.value)
        assert "ds_0123" not in str(caught.value)
