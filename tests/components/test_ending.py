"""Ending where Python hears no signal: within a query that the database does not answer."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IN_A_QUERY = """
import sys, psycopg2
from datasync_crawler.commands.ending import heed_interrupts
heed_interrupts(0.3)
cursor = psycopg2.connect(sys.argv[1]).cursor()
print("asks", flush=True)
cursor.execute("SELECT pg_sleep(60)")
"""
QUICK = """
import time
from datasync_crawler.commands.ending import heed_interrupts
heed_interrupts(30.0)
print("asks", flush=True)
try:
    time.sleep(60)
except KeyboardInterrupt:
    raise SystemExit(7)
"""


@pytest.mark.parametrize(("what", "code"), [(IN_A_QUERY, 130), (QUICK, 7)], ids=["in a query", "anywhere else"])
def test_an_interrupt_ends_a_command_wherever_it_is(postgres_url: str, what: str, code: int) -> None:
    command = [sys.executable, "-c", what, postgres_url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "asks\n"
        time.sleep(0.1)
        sent = time.monotonic()
        running.send_signal(signal.SIGINT)
        assert running.wait(20) == code
        assert time.monotonic() - sent < 5
