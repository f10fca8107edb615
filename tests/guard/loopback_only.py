"""Refuses every connection that would leave this machine, in the Python process that installs it.

It patches the standard library's sockets, so libpq and a browser pass it by: the tests' PostgreSQL is a socket file,
and browsers are given a proxy that is not there (`tests/conftest.py`).
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain", "", "*"})


class LeavesThisMachine(OSError):
    """Raised when a test tries to reach, or to look up, anything but the loopback."""


def is_loopback(host: object) -> bool:
    """Whether a host, by name or address, is this machine; `None` and the unspecified address are listened on."""
    if host is None:
        return True
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name.lower() in LOCAL_NAMES:
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse_unless_loopback(family: int, address: Any) -> None:
    """Raise `LeavesThisMachine` for an internet address that is not loopback; other families stay on this machine."""
    if family in {socket.AF_INET, socket.AF_INET6} and not is_loopback(address[0]):
        msg = f"tests talk to the loopback only, not to {address[0]}"
        raise LeavesThisMachine(msg)


def install() -> None:
    """Guard `connect`, `connect_ex`, `sendto` and the look-ups of this process; a second call changes nothing."""
    if getattr(socket, "loopback_only", False):
        return
    for method in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, method, _guarded_method(getattr(socket.socket, method)))
    for look_up in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        setattr(socket, look_up, _guarded_look_up(getattr(socket, look_up)))
    socket.loopback_only = True  # type: ignore[attr-defined]


def _guarded_method(original: Any) -> Any:
    def guarded(self: socket.socket, *args: Any) -> Any:
        # An address is the last argument of all three: sendto may have flags before it.
        refuse_unless_loopback(self.family, args[-1])
        return original(self, *args)

    return guarded


def _guarded_look_up(original: Any) -> Any:
    def guarded(host: Any, *args: Any, **options: Any) -> Any:
        if not is_loopback(host):
            msg = f"tests look up the loopback only, not {host!r}"
            raise LeavesThisMachine(msg)
        return original(host, *args, **options)

    return guarded
