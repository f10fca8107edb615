"""Telling somebody who gave an address: aside, once, and whatever becomes of it."""

from __future__ import annotations

import atexit
import logging
import urllib.request
from http.client import HTTPException
from threading import Thread

logger = logging.getLogger(__name__)

_PATIENCE = 3.0


def tell(url: str, document: bytes) -> Thread:
    """Posts a JSON document in a thread of its own, which it returns; the end of the process waits for it a little.

    A failure is a warning in the log, which does not name the address: it may hold a secret.
    """
    thread = Thread(target=_post, args=(url, document), name="webhook", daemon=True)
    thread.start()
    atexit.register(thread.join, _PATIENCE)
    return thread


def _post(url: str, document: bytes) -> None:
    headers = {"Content-Type": "application/json", "User-Agent": "datasync_crawler"}
    request = urllib.request.Request(url, document, headers, method="POST")  # noqa: S310 - checked with the settings
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE):  # noqa: S310 - the same
            return
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "code", None) or type(error).__name__
        logger.warning("WEBHOOK_URL could not be told: %s", reason)
