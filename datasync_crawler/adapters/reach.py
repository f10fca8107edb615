"""Asking a service whether it is there, without a key."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPMessage

from datasync_crawler.domain.check import Check, Grade, fine
from datasync_crawler.domain.times import read_http_date

_PATIENCE = 10.0
# A Date header has whole seconds, and is written somewhat before it is read.
_ASKEW = 5.0


def look_at_service(address: str, user_agent: str) -> list[Check]:
    """Whether anything answers at the address, and how far this machine's clock is from its."""
    request = urllib.request.Request(address, headers={"User-Agent": user_agent})  # noqa: S310 - checked with the settings
    began = time.time()
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - the same
            status, headers = answer.status, answer.headers
    except urllib.error.HTTPError as error:
        with error:
            # It is there, and that is all that is asked.
            status, headers = error.code, error.headers
    except (OSError, HTTPException, ValueError) as error:
        # A name may be such that none can have it, which is a ValueError.
        reason = getattr(error, "reason", None) or type(error).__name__
        to_do = "check API_BASE_URL and DASHBOARD_URL, and the way there"
        return [Check("service", Grade.FAILED, f"nothing answers at {address} ({reason})", to_do)]
    took = time.time() - began
    seen = fine("service", f"{address} answered {status} without the key in {took:.2f} s")
    return [seen, *_clock(headers, began + took / 2)]


def _clock(headers: HTTPMessage, now: float) -> list[Check]:
    theirs = read_http_date(headers.get("Date", ""))
    if theirs is None:
        return []
    told = f"{abs(now - theirs):.0f} s {'before' if now > theirs else 'behind'} the service's"
    if abs(now - theirs) > _ASKEW:
        return [Check("clock", Grade.WORSE, told, "set the clock: lives of cursors and tokens are read by it")]
    return [fine("clock", told)]
