"""The scheduler: calls whose moment has come wait in memory alone."""

from __future__ import annotations

from scrapy import Request
from scrapy.core.scheduler import Scheduler


class CallScheduler(Scheduler):
    """Scrapy's own, but for calls on disk: none is of use to a later run, which asks anew where the ledger stands.

    A file for each call, made and removed again, took a tenth of the processor time of a drain. What an older run left
    in JOBDIR is still read, and dropped.
    """

    def _dqpush(self, request: Request) -> bool:  # noqa: ARG002 - Scrapy's signature
        return False
