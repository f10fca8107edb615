from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from datasync_crawler.simulator.cursors import Cursor, CursorRefused, Mint

if TYPE_CHECKING:
    from collections.abc import Callable

POSITION = Cursor("56a349b5-7243-4e0c-9fd8-f2c1eb2a5d35", 1_769_541_612_369, 1_771_559_777_274)
NOW = 1_771_559_700_000


def forged(value: object) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


def test_a_cursor_is_base64_of_compact_json_in_a_fixed_order() -> None:
    said = base64.b64decode(Mint().issue(POSITION)).decode()
    assert said == f'{{"id":"{POSITION.id}","ts":1769541612369,"v":2,"exp":1771559777274}}'


@pytest.mark.parametrize(
    "form",
    [
        lambda text: text,
        lambda text: text.rstrip("="),
        lambda text: text.replace("+", "-").replace("/", "_").rstrip("="),
    ],
    ids=["padded", "unpadded", "url"],
)
def test_every_form_of_base64_is_taken(form: Callable[[str], str]) -> None:
    # Lengths of 1, 2 and 3 over a multiple of three bytes need two, one and no padding.
    for filler in ("é~~", "é~~~", "é~~~~"):
        cursor = Cursor(filler, 1, NOW + 1)
        assert Mint().read(form(forged({"id": filler, "ts": 1, "v": 2, "exp": NOW + 1})), NOW) == cursor


def test_a_cursor_lives_until_its_own_time() -> None:
    assert Mint().read(Mint().issue(POSITION), POSITION.expires - 1) == POSITION
    with pytest.raises(CursorRefused) as refused:
        Mint().read(Mint().issue(POSITION), POSITION.expires + 125_000)
    assert (refused.value.code, refused.value.message) == ("CURSOR_EXPIRED", "Cursor expired 2 minute(s) ago")


def test_a_forged_life_is_believed() -> None:
    assert Mint().read(forged({"id": "0", "ts": 5, "v": 2, "exp": 4_102_444_800_000}), NOW).stamp == 5


def test_life_is_not_checked_where_the_world_does_not() -> None:
    assert Mint(checked=False).read(Mint().issue(POSITION), POSITION.expires + 1) == POSITION


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("%%%", "CURSOR_INVALID_FORMAT"),
        (forged([1]), "CURSOR_INVALID_FORMAT"),
        (base64.b64encode(b"{nothing").decode(), "CURSOR_INVALID_FORMAT"),
        (forged({"id": "a", "ts": "5", "exp": NOW + 1}), "CURSOR_INVALID"),
        (forged({"ts": 5, "exp": NOW + 1}), "CURSOR_INVALID"),
        (forged({"id": "a", "ts": 5}), "CURSOR_INVALID"),
    ],
)
def test_a_malformed_cursor_is_refused(text: str, code: str) -> None:
    with pytest.raises(CursorRefused) as refused:
        Mint().read(text, NOW)
    assert refused.value.code == code


def test_a_signed_cursor_cannot_be_moved() -> None:
    issued = Mint(secret="secret").issue(POSITION)
    assert Mint(secret="secret").read(issued, NOW) == POSITION
    fields = json.loads(base64.b64decode(issued)) | {"ts": 1}
    with pytest.raises(CursorRefused):
        Mint(secret="secret").read(forged(fields), NOW)
    with pytest.raises(CursorRefused):
        Mint(secret="secret").read(Mint().issue(POSITION), NOW)
