from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from datasync_crawler.adapters.submission import NoReply, Patience, SubmissionDesk
from datasync_crawler.domain.errors import ConfigurationError, SubmissionRefused
from datasync_crawler.domain.profile import Credential, Submission
from tests.adapters.counter import KEY, Counter, open_counter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPO = "https://example.org/someone/work?x=1&y=2"
CHUNKS = [b"a\n" * 500_000, b"b\n" * 500_000, b"c"]
LENGTH = sum(map(len, CHUNKS))


@pytest.fixture
def counter() -> Iterator[Counter]:
    with open_counter() as counter:
        yield counter


@pytest.fixture
def desk(counter: Counter) -> SubmissionDesk:
    return SubmissionDesk(counter.place(), KEY, Patience(connect=2, answer=2))


def test_the_body_arrives_byte_for_byte_with_its_length_type_key_and_repository(
    counter: Counter, desk: SubmissionDesk
) -> None:
    reply = desk.hand_in(REPO, LENGTH, iter(CHUNKS))
    ((method, path, headers, body),) = counter.requests
    assert (reply.status, reply.whole, method) == (200, True, "POST")
    assert body == b"".join(CHUNKS)
    assert headers["Content-Length"] == str(LENGTH)
    assert headers["Content-Type"] == "text/plain"
    assert headers["X-Pass"] == KEY
    assert "Transfer-Encoding" not in headers
    assert parse_qs(urlsplit(path).query) == {"repo": [REPO]}


def test_a_key_that_travels_in_the_query_is_added_to_what_is_there(counter: Counter) -> None:
    place = Submission(counter.url + "?v=2", "repo", Credential("query", "pass"))
    SubmissionDesk(place, KEY).hand_in(REPO, 1, [b"a"])
    ((_, path, headers, _),) = counter.requests
    assert parse_qs(urlsplit(path).query) == {"v": ["2"], "repo": [REPO], "pass": [KEY]}
    assert KEY not in headers.values()


def test_a_look_brings_what_the_service_lists(counter: Counter, desk: SubmissionDesk) -> None:
    reply = desk.look()
    assert reply is not None
    assert (reply.status, reply.body) == (200, counter.listed())
    assert counter.requests[0][2]["X-Pass"] == KEY


def test_a_redirect_is_an_answer_and_not_followed(counter: Counter, desk: SubmissionDesk) -> None:
    counter.ways = ["307 elsewhere"]
    assert desk.hand_in(REPO, LENGTH, CHUNKS).status == 307
    assert len(counter.requests) == 1


def test_an_answer_before_the_bodys_end_ends_the_upload(counter: Counter, desk: SubmissionDesk) -> None:
    counter.ways = ["refuse early"]
    taken = []

    def endless() -> Iterator[bytes]:
        for _ in range(1000):
            taken.append(1)
            yield b"x" * (1 << 20)

    reply = desk.hand_in(REPO, 1000 << 20, endless())
    assert (reply.status, reply.body, reply.whole) == (413, b'{"message":"too large"}', False)
    assert len(taken) < 1000


def test_an_early_answer_is_taken_although_the_other_side_holds_the_line(counter: Counter) -> None:
    counter.ways = ["refuse early and hold"]
    began = time.monotonic()
    desk = SubmissionDesk(counter.place(), KEY, Patience(answer=5))
    assert desk.hand_in(REPO, 1000 << 20, (b"x" * (1 << 16) for _ in range(16000))).status == 413
    assert time.monotonic() - began < 4
    counter.over.set()


def test_a_connection_lost_after_the_body_is_no_reply_to_a_whole_request(
    counter: Counter, desk: SubmissionDesk
) -> None:
    counter.ways = ["lost"]
    with pytest.raises(NoReply) as caught:
        desk.hand_in(REPO, LENGTH, CHUNKS)
    assert caught.value.whole


def test_a_connection_lost_in_the_body_is_no_reply_to_a_part(counter: Counter, desk: SubmissionDesk) -> None:
    counter.ways = ["close at once"]
    with pytest.raises(NoReply) as caught:
        desk.hand_in(REPO, 1000 << 20, (b"x" * (1 << 20) for _ in range(1000)))
    assert not caught.value.whole


def test_silence_ends_when_patience_does(counter: Counter) -> None:
    counter.ways = ["silent"]
    with pytest.raises(NoReply, match="TimeoutError"):
        SubmissionDesk(counter.place(), KEY, Patience(answer=0.1)).hand_in(REPO, 1, [b"a"])


def test_an_upload_that_nobody_reads_ends_when_patience_does() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        place = Submission(f"http://127.0.0.1:{deaf.getsockname()[1]}/", "repo", Credential("header", "X-Pass"))
        desk = SubmissionDesk(place, KEY, Patience(connect=0.1, answer=0.1, pace=1 << 30))
        with pytest.raises(NoReply) as caught:
            desk.hand_in(REPO, 64 << 20, (b"x" * (1 << 20) for _ in range(64)))
    assert not caught.value.whole


def test_nothing_is_sent_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    desk = SubmissionDesk(
        Submission(f"http://127.0.0.1:{port}/", "repo", Credential("query", "pass")), KEY, Patience(connect=1)
    )
    with pytest.raises(SubmissionRefused, match="nothing was sent") as caught:
        desk.hand_in(REPO, 1, [b"a"])
    assert KEY not in str(caught.value)
    assert desk.look() is None


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "schlüssel"])
def test_a_key_that_cannot_travel_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        SubmissionDesk(Submission("http://127.0.0.1/", "repo", Credential("header", "X-Pass")), key)
    assert not key or key not in str(caught.value)


def self_signed(folder: Path) -> Path:
    """A key and a certificate for 127.0.0.1 that no authority vouches for, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False).sign(key, SHA256())
    unencrypted = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    file = folder / "pair.pem"
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, unencrypted) + certificate.public_bytes(pem)
    )
    return file


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    with open_counter(context) as counter:
        place = Submission(counter.url.replace("http", "https", 1), "repo", Credential("header", "X-Pass"))
        desk = SubmissionDesk(place, KEY, Patience(connect=2, answer=2))
        with pytest.raises(SubmissionRefused, match=r"nothing was sent.*CERTIFICATE_VERIFY_FAILED"):
            desk.hand_in(REPO, LENGTH, CHUNKS)
        assert counter.requests == []
        monkeypatch.setenv("SSL_CERT_FILE", str(pair))
        assert desk.hand_in(REPO, LENGTH, CHUNKS).status == 200
        assert counter.posts == [b"".join(CHUNKS)]
