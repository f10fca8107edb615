"""What constants, variables and expressions are worth where they meet in a URL."""

from __future__ import annotations

import pytest

from datasync_crawler.domain.bundle import read_calls


def urls(source: str) -> list[str]:
    return [call.url for call in read_calls(source.encode())]


@pytest.mark.parametrize(
    ("source", "url"),
    [
        pytest.param("fetch('/a'+'/b'+`/c`)", "/a/b/c", id="joined literals"),
        pytest.param("const C={x:{y:'/a'}};fetch(C.x.y+C['x']['y'])", "/a/a", id="nested object"),
        pytest.param("fetch('/a'.concat('/',n.id))", "/a/{id}", id="concat"),
        pytest.param("fetch(['','a',k].join('/'))", "/a/{k}", id="join"),
        pytest.param("fetch(window.location.origin+'/a')", "/a", id="same origin"),
        pytest.param("fetch((import.meta.env.VITE_BASE||'/a')+'/b')", "/a/b", id="environment with a fallback"),
        pytest.param("fetch(`${import.meta.env.VITE_BASE}/b`)", "{meta.env.VITE_BASE}/b", id="environment without"),
        pytest.param("fetch('/a/'+encodeURIComponent(e.name))", "/a/{name}", id="encoded"),
        pytest.param("fetch('/a/:id'.replace(':id',e.id))", "/a/{id}", id="replaced pattern"),
        pytest.param("fetch('\\u002fa\\x2fb')", "/a/b", id="escapes"),
        pytest.param("fetch('/a?'+new URLSearchParams({limit:5,after:e.c}))", "/a?limit=5&after={c}", id="query"),
        pytest.param("fetch(new URL('/b','https://h.example/a/'))", "https://h.example/b", id="URL against a base"),
        pytest.param("fetch(e.grant.path)", "{grant.path}", id="dotted placeholder without its root"),
        pytest.param("fetch(base()+'/a')", "{base}/a", id="unresolved base keeps the function's name"),
        pytest.param("fetch('/a?page='+(page+1))", "/a?page={page}", id="arithmetic is no text"),
        pytest.param("(0,window.fetch)('/a')", "/a", id="detached"),
        pytest.param("const f=window.fetch.bind(window);f('/a')", "/a", id="alias"),
    ],
)
def test_an_expression_folds(source: str, url: str) -> None:
    assert urls(source) == [url]


def test_both_branches_of_an_unknown_condition_are_told() -> None:
    assert urls("fetch(deep?'/a':'/b')") == ["/a", "/b"]


def test_a_condition_known_from_the_source_has_one_branch() -> None:
    assert urls("const d=!0;fetch(d?'/a':'/b')") == ["/a"]


def test_a_constant_may_be_declared_after_its_use() -> None:
    assert urls("function f(){return fetch(b+'/x')}var b='/a'") == ["/a/x"]


def test_a_name_means_the_nearest_declaration() -> None:
    source = "const e='/outer';function f(){const e='/f';{const e='/block';fetch(e)}fetch(e)}fetch(e)"
    assert urls(source) == ["/block", "/f", "/outer"]


def test_a_parameter_hides_a_constant_of_the_same_name() -> None:
    assert urls("const e='/outer';window.on(e=>fetch('/a/'+e))") == ["/a/{e}"]


def test_a_var_in_a_block_belongs_to_its_function() -> None:
    assert urls("function f(){if(x){var u='/a'}return fetch(u)}") == ["/a"]


def test_a_local_function_named_fetch_sends_nothing() -> None:
    assert urls("function f(){const fetch=e=>e;return fetch('/a')}") == []


def test_a_variable_given_two_texts_may_be_either() -> None:
    assert urls("let u='/a';if(x)u='/b';fetch(u)") == ["/a", "/b"]


def test_a_variable_given_something_unknown_is_a_placeholder() -> None:
    assert urls("let token=null;function set(e){token=e}fetch('/a?t='+token)") == ["/a?t={token}"]


@pytest.mark.parametrize("change", ["page++", "page+=1", "page=page+1"])
def test_a_counter_is_a_placeholder(change: str) -> None:
    assert urls(f"let page=1;function next(){{{change}}}fetch('/a?page='+page)") == ["/a?page={page}"]


def test_text_added_under_a_condition_is_part_of_the_url() -> None:
    (call,) = read_calls(b"let u='/a?limit=5';if(c){u+='&cursor='+c}fetch(u)")
    assert (call.url, call.params) == ("/a?limit=5&cursor={c}", ("cursor", "limit"))


def test_parameters_set_one_by_one_reach_the_call() -> None:
    (call,) = read_calls(b"const u=new URL('/a',location.origin);if(c)u.searchParams.set('cursor',c);fetch(u)")
    assert (call.url, call.params) == ("/a?cursor={c}", ("cursor",))


def test_a_header_set_later_reaches_the_call() -> None:
    source = b"const o={headers:{A:'1'}};o.headers['X-Key']=e.key;o.headers[e.name]=e.value;fetch('/a',o)"
    (call,) = read_calls(source)
    assert call.headers == (("A", "1"), ("X-Key", "{key}"), ("{name}", "{value}"))


def test_a_header_that_may_be_absent_is_told() -> None:
    (call,) = read_calls(b"fetch('/a',{headers:{...(k&&{'X-Key':k}),'X-None':void 0}})")
    assert call.headers == (("X-Key", "{k}"),)
