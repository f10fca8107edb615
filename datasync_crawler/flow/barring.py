"""Barring: answers that blame the key or the token, and when they mean that the key opens nothing any more."""

from __future__ import annotations

import re

from datasync_crawler.domain.errors import KeyExpired, KeyRefused
from datasync_crawler.flow.answers import Answer
from datasync_crawler.flow.lanes import LiveLane
from datasync_crawler.flow.run import Flying, Run

# So many rounds in a row that blame the key, in every lane, end the run.
_STRIKES = 4
_EXPIRED = re.compile(rb"expired", re.IGNORECASE)


def barred(run: Run, lane: LiveLane, answer: Answer, flying: Flying) -> None:
    """A lane's call was not let in: its token is worth nothing any more, or the key is."""
    if lane.token is not None:
        lane.token.refused(flying.token)
    blamed(run, answer)


def blamed(run: Run, answer: Answer) -> None:
    """Ends the run once the key opens no lane that has work."""
    useful = [lane for lane in run.lanes.values() if run.shards.has_work(lane.endpoint)]
    if not useful or any(lane.strikes < _STRIKES for lane in useful):
        return
    if _EXPIRED.search(answer.body) or run.key_worked:
        run.stop(KeyExpired(f"the service no longer takes the key (status {answer.status})"))
    else:
        run.stop(KeyRefused(f"the service does not take the key (status {answer.status})"))
