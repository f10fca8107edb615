"""Recent trouble: what the log warned of lately."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

from datasync_crawler.domain.texts import printable
from datasync_crawler.domain.view import Trouble
from datasync_crawler.log import text_of

if TYPE_CHECKING:
    from datasync_crawler.flow.secrets import Secrets

_MOST, _LONGEST = 20, 300
# Before each of Spidermon's lines, some of which are empty or a rule.
_OF_MONITORS = "[Spidermon]"


class Troubles(logging.Handler):
    """Keeps the last warnings and errors of the whole log, without any secret and cut to a line."""

    def __init__(self, secrets: Secrets) -> None:
        super().__init__(logging.WARNING)
        self._secrets = secrets
        self._kept: deque[Trouble] = deque(maxlen=_MOST)

    @property
    def lately(self) -> tuple[Trouble, ...]:
        """The newest last."""
        return tuple(self._kept)

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps the first line of the record's message, if there are words in it."""
        text = printable(self._secrets.mask(text_of(record)).split("\n", 1)[0])
        if not any(map(str.isalnum, text.removeprefix(_OF_MONITORS))):
            return
        self._kept.append(Trouble(record.created, text[:_LONGEST]))
