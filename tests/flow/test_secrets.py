from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from datasync_crawler.flow.secrets import Secrets

KEY = "ds_a+b/c=%é"


def secrets() -> Secrets:
    known = Secrets(KEY)
    known.keep_token("feed", "t0k3n&")
    return known


def test_words_are_filled_with_what_they_stand_for() -> None:
    assert secrets().fill("{key} and {token:feed}") == f"{KEY} and t0k3n&"


@pytest.mark.parametrize("word", ["{key}", "%7Bkey%7D", "%7bkey%7d"])
def test_a_word_is_known_however_a_url_spells_it(word: str) -> None:
    assert secrets().fill(f"/x?k={word}", encode=True) == f"/x?k={quote(KEY, safe='')}"


@pytest.mark.parametrize("word", ["{token:feed}", "%7Btoken%3Afeed%7D", "%7btoken%3afeed%7d", "{token%3Afeed}"])
def test_a_tokens_word_is_known_however_a_url_spells_it(word: str) -> None:
    assert secrets().fill(word, encode=True) == "t0k3n%26"


@pytest.mark.parametrize("text", ["{token:other}", "{keys}", "{}", "key", "{ key }", '{"key": 1}'])
def test_words_that_stand_for_nothing_stay(text: str) -> None:
    assert secrets().fill(text) == text


def test_a_secret_that_looks_like_a_word_is_not_filled_again() -> None:
    assert Secrets("{token:feed}").fill("{key}") == "{token:feed}"


def test_a_new_token_takes_the_place_of_the_old_one() -> None:
    known = secrets()
    known.keep_token("feed", "second")
    assert known.fill("{token:feed}") == "second"


@pytest.mark.parametrize(
    "form",
    [
        KEY,
        quote(KEY, safe=""),
        quote(KEY),
        quote(KEY, safe="").lower(),
        json.dumps(KEY)[1:-1],
        KEY.replace("/", "\\/"),
    ],
)
def test_the_key_is_masked_in_every_form(form: str) -> None:
    assert secrets().mask(f"GET /x?k={form}&a=1") == "GET /x?k={key}&a=1"


def test_what_was_once_a_token_stays_masked() -> None:
    known = secrets()
    known.keep_token("feed", "second")
    assert known.mask("t0k3n& second t0k3n%26") == "{token:feed} {token:feed} {token:feed}"


def test_tokens_of_long_ago_are_forgotten_but_never_what_is_in_use() -> None:
    known = secrets()
    known.keep_token("other", "used-still")
    for number in range(60):
        known.keep_token("feed", f"number-{number:02}")
    assert known.mask("t0k3n& number-08 number-09") == "t0k3n& number-08 {token:feed}"
    assert known.mask(f"{KEY} used-still number-59") == "{key} {token:other} {token:feed}"


def test_a_token_that_holds_the_key_is_masked_whole() -> None:
    known = Secrets("abc")
    known.keep_token("feed", "xabcx")
    assert known.mask("xabcx abc") == "{token:feed} {key}"


@pytest.mark.parametrize("form", [KEY, quote(KEY, safe=""), quote(KEY)])
@pytest.mark.parametrize("behind", ["", "&a=1", '"', "\\u0026a=1", "#x"])
def test_a_secret_that_is_a_parameter_of_a_link_is_masked_there(form: str, behind: str) -> None:
    assert (
        secrets().mask_links(f'{{"next":"/x?k={form}{behind}'.encode()) == f'{{"next":"/x?k={{key}}{behind}'.encode()
    )


@pytest.mark.parametrize("body", [b'{"id":"abc"}', b"?k=abcd&a=1", b"?kabc&a=1", b"?k=zabc"])
def test_what_only_holds_the_same_letters_stays_as_it_is(body: bytes) -> None:
    assert Secrets("abc").mask_links(body) == body


@pytest.mark.parametrize("form", ['a\\"b&c', "a&quot;b&amp;c", "a%22b%26c"])
def test_a_key_with_marks_is_masked_where_they_are_escaped(form: str) -> None:
    assert Secrets('a"b&c').mask(f"<{form}>") == "<{key}>"


def test_an_empty_key_masks_nothing() -> None:
    assert Secrets("").mask("plain") == "plain"


def test_printing_it_shows_words_only() -> None:
    assert repr(secrets()) == "Secrets(key, token:feed)"
    assert KEY not in str(secrets())
