"""Remembering: what a run learns of limits and of its service is written down for the next one."""

from __future__ import annotations

from datasync_crawler.domain.errors import LedgerError
from datasync_crawler.domain.profile import Pool
from datasync_crawler.flow.ports import LessonBook
from datasync_crawler.flow.run import Run


class Remembering:
    """The memory of one run; what could not be written down is tried again the next time."""

    def __init__(self, run: Run, book: LessonBook) -> None:
        self._run = run
        self._book = book

    async def keep(self) -> None:
        """Writes again and again: after a refusal no page may come for a whole window. A failure stops the run."""
        run = self._run
        try:
            while True:
                event = run.bell.event
                await self.write()
                await event.wait()
        except LedgerError as error:
            run.stop(error)

    async def write(self) -> None:
        """Writes down what was learned since; raises LedgerError."""
        run = self._run
        if run.profile_changed:
            await self._write_profile()
        if not run.lessons:
            return
        learned = dict(run.lessons)
        await self._book.note_limits([Pool(name, limit.calls, limit.window) for name, limit in learned.items()])
        # What was learned meanwhile is not written down yet.
        for name in [name for name, limit in learned.items() if run.lessons.get(name) == limit]:
            del run.lessons[name]

    async def _write_profile(self) -> None:
        self._run.profile_changed = False
        try:
            await self._book.save_profile(self._run.profile.to_json())
        except LedgerError:
            self._run.profile_changed = True
            raise
