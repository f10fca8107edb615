"""Calls that leave through functions of the source itself."""

from __future__ import annotations

import pytest

from datasync_crawler.domain.bundle import CodeCall, read_calls


def calls(source: str) -> list[str]:
    return [f"{call.method} {call.url}" for call in read_calls(source.encode())]


def only(source: str) -> CodeCall:
    (call,) = read_calls(source.encode())
    return call


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("function r(e){return fetch('/v1'+e)}r('/x')", id="function"),
        pytest.param("const r=async e=>await fetch('/v1'+e);r('/x')", id="arrow"),
        pytest.param("const r=e=>fetch('/v1'+e),s=e=>r('/'+e),t=e=>s(e);t('x')", id="three levels"),
        pytest.param("const a={r:e=>fetch('/v1'+e)};a.r('/x')", id="property"),
        pytest.param("const a={r(e){return fetch(this.b+e)},b:'/v1'};a.r('/x')", id="method of an object"),
        pytest.param("const a={};a.r=e=>fetch('/v1'+e);a.r('/x')", id="property assigned later"),
        pytest.param("const a={r:e=>fetch('/v1'+e)},{r:t}=a;t('/x')", id="destructured"),
        pytest.param("class A{b='/v1';r(e){return fetch(this.b+e)}}new A().r('/x')", id="class field"),
        pytest.param("class A{get b(){return'/v1'}r(e){return fetch(this.b+e)}}new A().r('/x')", id="getter"),
        pytest.param("class A{static r(e){return fetch('/v1'+e)}}A.r('/x')", id="static method"),
        pytest.param("class A{constructor(b){this.b=b}r(e){return fetch(this.b+e)}}new A('/v1').r('/x')", id="made"),
        pytest.param("const m=b=>e=>fetch(b+e);m('/v1')('/x')", id="curried"),
        pytest.param("const m=b=>({r:e=>fetch(b+e)}),a=m('/v1');a.r('/x')", id="factory"),
        pytest.param("const r=(e,b='/v1')=>fetch(b+e);r('/x')", id="default parameter"),
        pytest.param("const r=(...e)=>fetch(e.join(''));r('/v1','/x')", id="rest parameter"),
        pytest.param("function r(e){return fetch('/v1'+e)}r.call(null,'/x');r('/x')", id="once for equal calls"),
        pytest.param("const r=e=>fetch('/v1'+e);function f(e){return e.go(()=>r('/x'))}", id="inside a callback"),
    ],
)
def test_a_wrapper_is_entered_with_its_argument(source: str) -> None:
    assert calls(source) == ["GET /v1/x"]


def test_each_caller_of_a_wrapper_is_a_call() -> None:
    assert calls("const r=(m,e)=>fetch(e,{method:m});r('put','/a');r('delete','/b')") == ["PUT /a", "DELETE /b"]


def test_a_wrapper_that_nobody_calls_is_told_as_it_stands() -> None:
    assert calls("export const r=e=>fetch('/v1'+e)") == ["GET /v1{e}"]


def test_options_taken_apart_and_spread_reach_the_call() -> None:
    call = only(
        "const r=(u,{method:e='GET',params:n,...o}={})=>fetch(`${u}?${new URLSearchParams(n)}`,"
        "{method:e,...o,headers:{'X-A':'1',...o.headers}});r('/x',{method:'POST',params:{limit:5},headers:{'X-B':k}})"
    )
    assert (call.method, call.url, call.params) == ("POST", "/x?limit=5", ("limit",))
    assert call.headers == (("X-A", "1"), ("X-B", "{k}"))


def test_a_computed_header_is_a_placeholder() -> None:
    call = only("const r=t=>fetch(t.endpoint,{headers:{[t.tokenHeader]:t.token}});r(await grant())")
    assert (call.url, call.headers) == ("{endpoint}", (("{tokenHeader}", "{token}"),))


@pytest.mark.parametrize(
    "loop",
    [
        "Object.entries(p).forEach(([k,v])=>q.set(k,v))",
        "for(const[k,v]of Object.entries(p))q.append(k,v)",
        "Object.keys(p).forEach(k=>q.set(k,p[k]))",
        "for(const k in p)q.set(k,p[k])",
    ],
)
def test_parameters_copied_in_a_loop_are_named(loop: str) -> None:
    call = only(f"function r(u,p){{const q=new URLSearchParams;{loop};return fetch(u+'?'+q)}}r('/x',{{a:1,b:e.b}})")
    assert call.params == ("a", "b")


def test_what_no_caller_uses_is_told_by_the_wrapper_itself() -> None:
    source = (
        "const l=(e,{after:t,until:n}={})=>fetch(`${e}?${new URLSearchParams({after:t,until:n})}`);l('/x',{after:1})"
    )
    assert [call.params for call in read_calls(source.encode())] == [("after",)]
    source = "const l=({after:t,until:n}={})=>fetch(`/x?${new URLSearchParams({after:t,until:n})}`);l({after:1})"
    assert [call.params for call in read_calls(source.encode())] == [("after", "until"), ("after",)]


def test_a_callers_placeholder_takes_the_parameters_name_where_that_says_more() -> None:
    assert calls("function one(eventId){return fetch('/x/'+eventId)}one(n)") == ["GET /x/{eventId}"]


def test_a_minified_axios_is_known_by_what_it_creates() -> None:
    assert calls("const c=n(9),a=c.create({baseURL:'/v1'});a.get('x');c.get('/y')") == ["GET /v1/x", "GET /y"]


def test_an_interceptor_adds_its_header_to_every_call() -> None:
    call = only(
        "const a=n.create({baseURL:'/v1'});a.interceptors.request.use(e=>(e.headers.set('X-Key',k),e));a.get('/x')"
    )
    assert call.headers == (("X-Key", "{k}"),)


def test_a_method_called_on_an_unknown_object_needs_a_path() -> None:
    source = "export const a=b=>({get:e=>fetch(b+e)});function f(x,y){x.get('key');y.get('/x')}"
    assert calls(source) == ["GET {b}/x"]


def test_a_map_is_no_client() -> None:
    assert calls("class A{get(e){return fetch('/v1'+e)}}const m=new Map;m.get('/x');new A().get('/y')") == [
        "GET /v1/y"
    ]


def test_webpack_modules_call_each_other() -> None:
    source = (
        "({27:(e,t,r)=>{r.d(t,{H:()=>i});const i=e=>fetch('/v1'+e)},"
        "31:(e,t,r)=>{r.d(t,{H:()=>i});const i=e=>e},5:(e,t,r)=>{var n=r(27),o=r(31);(0,n.H)('/x');(0,o.H)('/y')}})"
    )
    assert calls(source) == ["GET /v1/x"]
