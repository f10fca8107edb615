"""The case: everything known so far of an API that is being found out, as one value that only grows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from datasync_crawler.domain.discovery.borrowing import completed
from datasync_crawler.domain.discovery.exchange import Answer, Headers, Question
from datasync_crawler.domain.discovery.granting import Granted, read_grant
from datasync_crawler.domain.discovery.keyways import KeyWay
from datasync_crawler.domain.discovery.listing import Listing
from datasync_crawler.domain.discovery.routes import Lead, Route, gather
from datasync_crawler.domain.profile import Credential, Evidence

# So many calls a question may fail without being counted as tries.
_FORGIVEN = 1
# So many parameters are tried for a key that no header takes.
_MOST_GUESSES = 3


@dataclass(frozen=True, slots=True)
class Case:
    """What was learned without the key, and the answers to the probes sent with it, in order.

    ``knocks`` are answers to calls without a key; ``query_names`` parameters worth trying for it; ``browser_headers``
    what the page's own calls carried, ``{key}`` where the key belongs; ``caps`` page sizes that texts give as a
    maximum; ``spoken_headers`` headers with a value that texts tell to send; ``echo`` the shortest time of any answer
    in seconds.
    """

    api_base: str
    dashboard: str
    routes: tuple[Route, ...] = ()
    ways: tuple[KeyWay, ...] = ()
    query_names: tuple[str, ...] = ()
    browser_headers: Headers = ()
    caps: tuple[int, ...] = ()
    spoken_headers: Headers = ()
    knocks: tuple[Answer, ...] = ()
    echo: float = 0.05
    warnings: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    rounds: int = 0

    def learned(self, answers: tuple[Answer, ...]) -> Case:
        """The case with the answers of one more round."""
        told = [lead for route in self.routes for lead in _mentions(route, answers)]
        routes = gather([*(lead for route in self.routes for lead in route.leads), *told]) if told else self.routes
        return replace(self, answers=completed(self.answers + answers), rounds=self.rounds + 1, routes=routes)

    def asked(self, question: Question, endpoint: str | None = None) -> tuple[Answer, ...]:
        """The answers to a question so far, about one endpoint or about all."""
        return tuple(
            answer
            for answer in self.answers
            if answer.probe.question is question and endpoint in {None, answer.probe.endpoint}
        )

    def heard(self, question: Question, endpoint: str | None = None) -> tuple[Answer, ...]:
        """The answers that say something, and what failed twice: a service that fails once is asked again."""
        asked = self.asked(question, endpoint)
        failed = [answer for answer in asked if answer.failed]
        return tuple(answer for answer in asked if answer not in failed[:_FORGIVEN])

    @property
    def way(self) -> KeyWay | None:
        """The best way for the key that was not refused so far, likely parameters last; None when all were."""
        good = [a.probe.credential for a in self.answers if a.ok]
        bad = [a.probe.credential for a in self.asked(Question.ROWS) if a.refused]
        guessed = [Credential("query", name) for name in self.query_names[:_MOST_GUESSES]]
        ways = [*self.ways, *(KeyWay(credential, Evidence("default", "usual names")) for credential in guessed)]
        known = next((way for way in ways if way.credential in good), None)
        return known or next((way for way in ways if way.credential not in bad), None)

    @property
    def main(self) -> Answer | None:
        """The fullest page of the collection to be drained: the one with the greatest total, lifted where that is."""
        plain = self.plain
        lifted = (answer for answer in self.asked(Question.LIFT) if answer.listing and plain and _lifts(answer, plain))
        return next(lifted, plain)

    @property
    def plain(self) -> Answer | None:
        """The fullest page that was asked for without any header that may lift something."""
        pages = [answer for answer in self.asked(Question.ROWS) if answer.listing]
        return max(pages, key=_extent, default=None)

    @property
    def limit_lifted(self) -> bool:
        """Whether pages of the collection are counted apart with the header that lifts."""
        main, plain = self.main, self.plain
        return main is not plain and main is not None and plain is not None and main.rate.limit != plain.rate.limit

    @property
    def granted(self) -> tuple[Answer, Granted] | None:
        """The token that was handed out last, and the answer it came in."""
        for answer in reversed(self.asked(Question.GRANT)):
            grant = read_grant(answer.document, self.api_base, answer.at) if answer.ok else None
            if grant:
                return answer, grant
        return None


def total_of(listing: Listing) -> int:
    """How many records the listing's collection holds, as far as it tells."""
    return listing.total if listing.total is not None else len(listing.page.ids)


def _mentions(route: Route, answers: Iterable[Answer]) -> Iterator[Lead]:
    """What addresses of next pages name that nothing else did: how a list is asked for shows in its own links."""
    for answer in answers:
        url = answer.probe.url.split("?")[0]
        if answer.listing and (route.method, route.url) == (answer.probe.method, url):
            names = tuple(name for name in answer.listing.mentioned if name not in route.params)
            if names:
                yield Lead(route.method, route.url, names, Evidence("answer", url, "the address of the next page"))


def _lifts(answer: Answer, plain: Answer) -> bool:
    larger = len(answer.shown.page.ids) > len(plain.shown.page.ids)
    return larger or (answer.rate.limit or 0) > (plain.rate.limit or 0) > 0


def _extent(answer: Answer) -> tuple[int, int]:
    return total_of(answer.shown), len(answer.shown.page.ids)
