"""What becomes of a command: whatever ends it early is one line on stderr, and its exit code."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from datasync_crawler.commands.ending import INTERRUPTED
from datasync_crawler.domain.errors import ConfigurationError, DatasyncError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scrapy.commands import ScrapyCommand


@contextmanager
def told_in_a_line(command: ScrapyCommand, *, interrupted: str = "interrupted") -> Iterator[None]:
    """Turns an error of ours, or an interrupt, into a line and the exit code; ``interrupted=""`` says nothing."""
    name = type(command).__module__.rpartition(".")[2]
    try:
        yield
    except DatasyncError as error:
        print(f"scrapy {name}: {error}", file=sys.stderr, flush=True)
        command.exitcode = error.exit_code
    except KeyboardInterrupt:
        if interrupted:
            print(f"scrapy {name}: {interrupted}", file=sys.stderr, flush=True)
        command.exitcode = INTERRUPTED


def take_no_arguments(args: Sequence[str]) -> None:
    """Raises ConfigurationError when there is any."""
    if args:
        raise ConfigurationError(f"unexpected argument: {args[0]} (see --help)")
