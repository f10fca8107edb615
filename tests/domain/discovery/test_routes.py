from __future__ import annotations

from datasync_crawler.domain.bundle import CodeCall
from datasync_crawler.domain.discovery.candidates import collections, figures, grants, submissions
from datasync_crawler.domain.discovery.exchange import SeenCall
from datasync_crawler.domain.discovery.parameters import Roles
from datasync_crawler.domain.discovery.routes import Lead, code_leads, gather, lead_from, seen_leads, written_leads
from datasync_crawler.domain.profile import Evidence

BASE = "http://h/api"
HOMES = (BASE, "http://h/")


def _call(method: str, url: str, params: tuple[str, ...] = (), body: tuple[str, ...] = ()) -> CodeCall:
    return CodeCall(method, url, params, (), body, "fetch", 0)


CODE = code_leads(
    [
        _call("GET", "/api/things", ("limit",)),
        _call("GET", "/api/things?cursor={next}"),
        _call("GET", "/api/things/{id}"),
        _call("POST", "/api/things/bulk", body=("ids",)),
        _call("GET", "/api/users"),
        _call("GET", "/internal/stats"),
        _call("GET", "/internal/health"),
        _call("POST", "/internal/stream-access"),
        _call("POST", "/api/submissions?github_repo={repo}"),
        _call("GET", "{grant.endpoint}", ("since", "until")),
    ],
    "http://h/a.js",
    "http://h/",
    HOMES,
)
ROUTES = gather(CODE)


def test_mentions_of_one_address_are_one_route() -> None:
    things = next(route for route in ROUTES if route.url == "http://h/api/things")
    assert len(things.leads) == 2
    assert things.roles == Roles("limit", "cursor")


def test_what_documents_name_does_not_displace_what_code_names() -> None:
    told = Lead("GET", "/api/things", ("page_size", "page_token"), Evidence("document", "d"))
    made = lead_from(told, BASE)
    assert made is not None
    things = next(route for route in gather([made, *CODE]) if route.url == "http://h/api/things")
    assert things.roles == Roles("limit", "cursor")


def test_an_address_behind_an_unknown_base_lies_under_the_api() -> None:
    (lead,) = code_leads([_call("GET", "{base}/things")], "http://h/a.js", "http://h/", HOMES)
    assert lead.url == "http://h/api/things"


def test_an_address_that_leads_elsewhere_is_dropped() -> None:
    assert code_leads([_call("GET", "https://telemetry.example/v1/logs")], "http://h/a.js", "http://h/", HOMES) == []
    assert seen_leads([SeenCall("POST", "https://telemetry.example/v1/logs")], HOMES) == []


def test_files_are_no_addresses_of_an_api() -> None:
    assert code_leads([_call("GET", "/assets/b.js")], "http://h/a.js", "http://h/", HOMES) == []


def test_the_key_in_a_seen_query_is_no_parameter() -> None:
    (lead,) = seen_leads([SeenCall("GET", "http://h/api/things?k={key}&limit=20")], HOMES)
    assert lead.params == ("limit",)


def test_the_paged_collection_with_details_is_the_likeliest() -> None:
    assert [route.name for route in collections(ROUTES, BASE)] == ["things", "users"]


def test_figures_and_grants_are_told_from_collections() -> None:
    assert [route.name for route in figures(ROUTES, BASE)] == ["stats"]
    assert [route.name for route in grants(ROUTES)] == ["stream-access"]


def test_a_submission_is_known_and_no_candidate_for_any_call() -> None:
    assert [route.url for route in submissions(ROUTES)] == ["http://h/api/submissions"]
    asked = [*collections(ROUTES, BASE), *figures(ROUTES, BASE), *grants(ROUTES)]
    assert all("submissions" not in route.url for route in asked)


def test_two_addresses_never_share_a_name() -> None:
    evidence = Evidence("answer", "a")
    routes = gather(Lead("GET", f"http://h/{path}/things", (), evidence) for path in ("v1", "v2", "v1"))
    assert [(route.url, route.name) for route in routes] == [
        ("http://h/v1/things", "things"),
        ("http://h/v2/things", "things-2"),
    ]


def test_a_part_that_is_only_a_number_names_no_route() -> None:
    (route,) = gather([Lead("GET", "http://h/replay/77", (), Evidence("answer", "a"))])
    assert route.name == "replay"


def test_a_path_that_is_only_written_is_a_lead_below_the_root_unless_a_call_goes_there() -> None:
    found = written_leads(["/streams/live", "/api/streams/live", "/api", "/api/things"], "http://h/a.js", BASE, CODE)
    assert [lead.url for lead in found] == ["http://h/api/streams/live"] * 2


def test_of_addresses_that_share_a_name_the_one_without_open_parts_has_it() -> None:
    told = Evidence("bundle", "a.js:7")
    routes = gather(Lead("GET", f"http://h/api/events{rest}", (), told) for rest in ("/{id}", ""))
    assert [(route.url, route.name) for route in routes] == [
        ("http://h/api/events/{id}", "events-2"),
        ("http://h/api/events", "events"),
    ]


def test_an_address_that_is_none_is_no_lead() -> None:
    told = Evidence("bundle", "a.js:7")
    assert lead_from(Lead("GET", "http://[{ip}]:80/api/events", (), told), "http://h/api") is None
