"""Views without secrets, and without what moves a terminal: what a service says may hold either."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from datasync_crawler.domain.texts import printable

if TYPE_CHECKING:
    from datasync_crawler.domain.view import View
    from datasync_crawler.flow.secrets import Secrets


def masked(view: View, secrets: Secrets) -> View:
    """The view with the word of a secret in place of it, and nothing unprintable, wherever texts come from outside."""

    def mask(text: str) -> str:
        return printable(secrets.mask(text))

    return replace(
        view,
        health=replace(view.health, reasons=tuple(map(mask, view.health.reasons))),
        lanes=tuple(replace(lane, last_error=mask(lane.last_error)) for lane in view.lanes),
        findings=tuple(replace(one, subject=mask(one.subject), value=mask(one.value)) for one in view.findings),
    )
