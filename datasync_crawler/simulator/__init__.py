"""A stand-in for the service, faithful on the wire and apart from the crawler in everything else."""

from __future__ import annotations

from datasync_crawler.simulator.client import Simulator

__all__ = ["Simulator"]
