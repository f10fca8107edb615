from __future__ import annotations

import pytest

from datasync_crawler.domain.discovery.standin import stand_in, templated, templated_headers


@pytest.mark.parametrize(
    "key", ["ds_0f1e2d3c4b5a69788796a5b4c3d2e1f0", "sk-Ab3dEf6hIj9lMn2pQr5t", "0123456789abcdef0123456789abcdef"]
)
def test_a_stand_in_has_the_keys_form_and_none_of_its_secret(key: str) -> None:
    made = stand_in(key)
    assert made != key
    assert len(made) == len(key)
    assert [c.isdigit() for c in made] == [c.isdigit() for c in key]
    assert [c.isupper() for c in made] == [c.isupper() for c in key]


def test_a_key_that_happens_to_be_its_own_stand_in_gets_another() -> None:
    key = stand_in("ds_0f1e2d3c4b5a69788796a5b4c3d2e1f0")
    assert stand_in(key) != key


def test_a_short_key_gets_a_stand_in_that_no_other_text_holds() -> None:
    assert len(stand_in("abc")) > 12


def test_the_stand_in_is_found_plain_and_encoded() -> None:
    assert templated("/x?k=a%2Fb&l=1", "a/b") == "/x?k={key}&l=1"
    assert templated_headers([("Cookie", "s=1; k=a/b"), ("Accept", "*/*")], "a/b") == (
        ("Cookie", "s=1; k={key}"),
        ("Accept", "*/*"),
    )
