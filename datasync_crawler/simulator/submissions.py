"""What is handed in: five lists a key, counted at once and judged in the score."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datasync_crawler.simulator.answers import Answer, refusal, told
from datasync_crawler.simulator.census import Census
from datasync_crawler.simulator.reads import moment

if TYPE_CHECKING:
    from datasync_crawler.simulator.keys import Account
    from datasync_crawler.simulator.routes import Call
    from datasync_crawler.simulator.world import World


@dataclass(frozen=True, slots=True)
class Submission:
    """A list of ids for a repository, in the form it came: text or json."""

    census: Census
    repository: str
    form: str

    @classmethod
    def from_json(cls, body: bytes) -> Submission | None:
        """The JSON form: ids as one text of lines, and the repository's URL. None when it is something else."""
        try:
            value: Any = json.loads(body)
        except ValueError:
            return None
        if not isinstance(value, dict) or not isinstance(value.get("ids"), str):
            return None
        census = Census()
        census.add(value["ids"].encode())
        census.close()
        return cls(census, str(value.get("githubRepoUrl") or ""), "json")


def admission(world: World, account: Account) -> Answer | None:
    """Why a submission is not even read, or None when it is."""
    if world.submission_fault == "refused":
        return refusal(500, "INTERNAL_ERROR", "An unexpected error occurred")
    if len(account.submissions) >= world.submissions_allowed:
        allowed = world.submissions_allowed
        return refusal(429, "SUBMISSION_LIMIT_REACHED", f"All {allowed} submissions of this API key are used")
    return None


def take(world: World, account: Account, call: Call, submission: Submission) -> Answer:
    """Accept a list and say how it was counted."""
    if not submission.repository:
        return refusal(400, "MISSING_GITHUB_REPO", f"{world.names.repository_parameter} is required")
    count = submission.census.count
    if not count:
        return refusal(400, "NO_EVENT_IDS", "No event IDs provided")
    number = len(account.submissions) + 1
    left = world.submissions_allowed - number
    elapsed = call.at - (account.first_call if account.first_call is not None else call.at)
    data: dict[str, object] = {
        "submissionId": str(uuid.uuid4()),
        "eventCount": count,
        "githubRepoUrl": submission.repository,
        "submittedAt": moment(call.at),
        "timeToSubmit": {
            "ms": round(elapsed * 1000),
            "seconds": round(elapsed),
            "minutes": round(elapsed / 60, 1),
            "formatted": f"{int(elapsed) // 60}m {int(elapsed) % 60}s",
        },
        "submissionNumber": number,
        "remainingSubmissions": left,
    }
    account.submissions.append(data)
    said = f"Submission #{number} received with {count:,} event IDs. {left} submissions remaining."
    return told({"success": True, "data": data, "message": said})


def listing(world: World, account: Account) -> Answer:
    """Earlier submissions of a key and how many are left."""
    if not world.submissions_listed:
        return refusal(404, "ENDPOINT_NOT_FOUND", "The requested endpoint does not exist")
    left = world.submissions_allowed - len(account.submissions)
    return told({"success": True, "data": {"submissions": account.submissions, "remainingSubmissions": left}})
