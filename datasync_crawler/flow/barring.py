"""Barring: answers that blame the key or the token, and when they mean that the key opens nothing any more."""

from __future__ import annotations

import re

from datasync_crawler.domain.errors import DatasyncError, KeyExpired, KeyRefused
from datasync_crawler.flow.answers import Answer
from datasync_crawler.flow.courses import Course, State
from datasync_crawler.flow.lanes import LiveLane
from datasync_crawler.flow.run import Flying, Run

_EXPIRED = re.compile(rb"expired", re.IGNORECASE)


def barred(run: Run, lane: LiveLane, answer: Answer, flying: Flying) -> None:
    """A lane's call was not let in: its token is worth nothing any more, or the key is."""
    if lane.token is not None:
        lane.token.refused(flying.token)
    blamed(run, answer)


def blamed(run: Run, answer: Answer) -> None:
    """Ends the run once the key opens no lane that has work, and no stream but those that other faults have ended."""
    useful = [lane for lane in run.lanes.values() if run.shards.has_work(lane.endpoint)]
    useful += [course.live for course in run.courses.values() if _counts(course)]
    if not useful or not all(lane.shut for lane in useful):
        return
    run.stop(fault_of_key(answer, worked=run.key_worked))


def _counts(course: Course) -> bool:
    return course.state is not State.RETIRED or course.live.shut


def fault_of_key(answer: Answer, *, worked: bool) -> DatasyncError:
    """What an answer that blames the key says of it: that its life is over when it ``worked`` before, else refused."""
    if worked or _EXPIRED.search(answer.body):
        return KeyExpired(f"the service no longer takes the key (status {answer.status})")
    return KeyRefused(f"the service does not take the key (status {answer.status})")
