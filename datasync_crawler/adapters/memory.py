"""The ledger's memory: documents that were learned on the way, by kind and name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datasync_crawler.adapters.postgres import Session
from datasync_crawler.adapters.queries import QUERIES

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class

_PROFILE = "profile"


class Memory(Session):
    """JSON documents, each the newest of its kind and name."""

    def remember(self, kind: str, name: str, document: bytes) -> None:
        """Keeps a JSON document (UTF-8) in place of the one before."""
        self._run("remember", kind=kind, name=name, document=document.decode())

    def remembered(self, kind: str) -> dict[str, bytes]:
        """All documents of a kind by name."""
        return {name: document.encode() for name, document in self._rows("remembered", kind=kind)}

    def save_profile(self, document: bytes) -> None:
        """Keeps the profile that this ledger is filled by."""
        with self.transaction() as cursor:
            self._keep_profile(cursor, document)

    def profile(self) -> bytes | None:
        """The profile that was saved last."""
        return self.remembered(_PROFILE).get(_PROFILE)

    @staticmethod
    def _keep_profile(cursor: Cursor, document: bytes) -> None:
        cursor.execute(QUERIES["remember"], {"kind": _PROFILE, "name": _PROFILE, "document": document.decode()})

    def thin(self, kind: str, most: int) -> None:
        """Gives up every second document of a kind, in the order of names, where there are more than ``most``."""
        self._run("thin", kind=kind, most=most)
