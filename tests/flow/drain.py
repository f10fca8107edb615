"""A whole drain without Scrapy and without a database: what flow decides, carried out on the fake service."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from datasync_crawler.domain.asking import Ask
from datasync_crawler.domain.page import RejectedRow, StoredPage
from datasync_crawler.domain.profile import Credential, CursorShape, Endpoint, Lane, Pool, Profile, RowShape, TokenGrant
from datasync_crawler.domain.shard import Checkpoint, Shard
from datasync_crawler.flow.answers import Answer
from datasync_crawler.flow.dispatch import Dispatch
from datasync_crawler.flow.opening import open_run
from datasync_crawler.flow.reception import Reception
from datasync_crawler.flow.run import Call, Run
from datasync_crawler.flow.secrets import Secrets
from tests.flow.fake_clock import FakeClock
from tests.flow.fake_service import KEY, NEWEST, TOKEN_LIFE, Service, Torn

BASE = "http://service.test"
STORING = 0.03
"""Seconds that the ledger takes for a page."""
SHAPE = RowShape(
    rows=("rows",),
    id="no",
    time="at",
    has_more=("more",),
    next_cursor=("after",),
    cursor_life=("lives",),
    total=("all",),
    returned=("here",),
)
CURSOR = CursorShape("standard", padded=True, order=("at", "no", "dies"), id="no", time="at", expires="dies")
LIST = Endpoint("list", f"{BASE}/list", SHAPE, cap=50, limit_param="size", cursor_param="after", cursor=CURSOR)
CHAIN = replace_endpoint = LIST
HEADER = Lane("list by header", "list", Credential("header", "X-Key"), "list header")
QUERY = Lane("list by query", "list", Credential("query", "k"), "list query")
FEED_LANE = Lane("feed", "feed", Credential("header", "X-Key"), "feed")
GRANT = TokenGrant(
    "POST", f"{BASE}/token", (("X-Key", "{key}"),), token=("pass",), header="X-Token", endpoint=("for",), life=("lives",)
)
