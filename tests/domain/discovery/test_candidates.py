from __future__ import annotations

from datasync_crawler.domain.discovery.candidates import submissions
from datasync_crawler.domain.discovery.guesses import guesses, is_there
from datasync_crawler.domain.discovery.routes import Lead, gather
from datasync_crawler.domain.profile import Evidence

TOLD = Evidence("document", "http://h/README.md")


def _lead(method: str, path: str, *params: str) -> Lead:
    return Lead(method, f"http://h{path}", params, TOLD)


def test_results_are_handed_in_where_a_repository_is_asked_for_before_where_the_name_says_so() -> None:
    routes = gather([_lead("POST", "/api/submissions"), _lead("POST", "/api/results", "repository_url")])
    assert [route.url for route in submissions(routes)] == ["http://h/api/results", "http://h/api/submissions"]


def test_results_are_handed_in_nowhere_else() -> None:
    routes = gather([_lead("POST", "/api/events"), _lead("GET", "/api/submissions"), _lead("GET", "/api/r", "repo")])
    assert submissions(routes) == ()


def test_a_guess_is_confirmed_by_an_answer_of_the_api_and_not_by_a_page() -> None:
    assert all(lead.url.startswith("http://h/api/") for lead in guesses("http://h/api/"))
    assert is_there(401, readable=False)
    assert is_there(200, readable=True)
    assert not is_there(200, readable=False)
    assert not is_there(404, readable=True)
