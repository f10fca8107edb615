from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from datasync_crawler.domain.discovery.conclude import conclude
from datasync_crawler.domain.discovery.describing import describe
from tests.domain.discovery.answers import NOW
from tests.domain.discovery.service import TOKEN, Service

if TYPE_CHECKING:
    from collections.abc import Mapping


def _described(service: Service) -> dict[str, Any]:
    case = service.conversation()[0]
    return describe(case, conclude(case, "http://h", NOW))


@pytest.mark.parametrize("service", [Service(), Service(signed=True), Service(query_name=None), Service(ranged=False)])
def test_the_description_is_valid_openapi(service: Service) -> None:
    described: Mapping[str, Any] = json.loads(json.dumps(_described(service)))
    assert [error.message for error in OpenAPIV31SpecValidator(described).iter_errors()] == []


def test_all_that_was_spoken_of_is_described_and_says_whether_it_was_called() -> None:
    paths = _described(Service())["paths"]
    assert set(paths["/api/events"]["get"]["responses"]) == {"200"}
    assert paths["/api/events/{id}"]["get"]["responses"] == {"default": {"description": "It was not called."}}
    assert paths["/api/events/{id}"]["get"]["parameters"][0]["name"] == "id"
    assert paths["/internal/access"]["post"]["x-evidence"]
    assert set(paths["/api/live"]["get"]["responses"]) == {"200"}


def test_the_schema_is_of_what_was_seen() -> None:
    answer = _described(Service())["paths"]["/api/events"]["get"]["responses"]["200"]
    rows = answer["content"]["application/json"]["schema"]["properties"]["data"]["items"]["properties"]
    assert rows == {"id": {"type": "string"}, "kind": {"type": "string"}, "timestamp": {"type": "integer"}}
    assert "X-RateLimit-Limit" in answer["headers"]


def test_what_is_nested_without_measure_is_described_as_far_as_anybody_reads() -> None:
    case = Service().conversation()[0]
    profile = conclude(case, "http://h", NOW)
    deep: Any = {}
    for _ in range(900):
        deep = {"a": [deep]}
    strange = replace(case, answers=tuple(replace(answer, document=deep) for answer in case.answers))
    described: Mapping[str, Any] = json.loads(json.dumps(describe(strange, profile)))
    assert [error.message for error in OpenAPIV31SpecValidator(described).iter_errors()] == []


def test_parameters_say_what_they_are_for_and_the_key_is_none_of_them() -> None:
    parameters = _described(Service())["paths"]["/api/events"]["get"]["parameters"]
    assert {each["name"]: each.get("description") for each in parameters} == {
        "cursor": "where the page begins",
        "limit": "rows a page",
    }


def test_neither_token_nor_any_value_is_in_it() -> None:
    text = json.dumps(_described(Service()))
    assert TOKEN not in text
    assert "click" not in text
