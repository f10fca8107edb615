"""Clients written as constructor functions with methods on a prototype, and modules that a loader registers."""

from __future__ import annotations

import pytest

from datasync_crawler.domain.bundle import read_bundles, read_calls


def calls(source: str) -> list[str]:
    return [f"{call.method} {call.url}" for call in read_calls(source.encode())]


MADE = "function A(b){this.b=b}"
METHOD = "function(e){return fetch(this.b+e)}"
USED = "const a=new A('/v1');a.r('/x')"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(f"{MADE}A.prototype.r={METHOD};{USED}", id="assigned one by one"),
        pytest.param(f"{MADE}A.prototype={{r:{METHOD}}};{USED}", id="a whole prototype"),
        pytest.param(f"{MADE}A.prototype={{r(e){{return fetch(this.b+e)}}}};{USED}", id="short methods"),
        pytest.param(f"{MADE}Object.assign(A.prototype,{{r:{METHOD}}});{USED}", id="mixed in"),
        pytest.param(f"{MADE}var p=A.prototype;p.r={METHOD};{USED}", id="prototype under another name"),
        pytest.param(f"{MADE}A.prototype['r']={METHOD};{USED}", id="written as a string"),
        pytest.param(f"var A=function(){{{MADE}A.prototype.r={METHOD};return A}}();{USED}", id="compiled class"),
        pytest.param(f"function A(b){{this.b=b;this.r={METHOD}}}{USED}", id="made by the constructor"),
        pytest.param(f"class A{{constructor(b){{this.b=b}}}}A.prototype.r={METHOD};{USED}", id="added to a class"),
        pytest.param(f"{MADE}A.prototype.r={METHOD};A.prototype.q=function(e){{return this.r('/'+e)}};"
                     "const a=new A('/v1');a.q('x')", id="through another method"),
        pytest.param(f"{MADE}A.prototype.with=function(b){{this.b=b;return this}};A.prototype.r={METHOD};"
                     "const a=new A('/v0').with('/v1');a.r('/x')", id="set up by a chain"),
    ],
)  # fmt: skip
def test_a_method_of_a_prototype_is_entered_with_what_its_constructor_was_given(source: str) -> None:
    assert calls(source) == ["GET /v1/x"]


def test_an_object_around_a_prototype_is_not_what_its_methods_work_on() -> None:
    assert calls(f"run({{b:'/v2',go:function(){{{MADE}A.prototype.r={METHOD};{USED}}}}})") == ["GET /v1/x"]


def test_each_of_the_verbs_made_in_a_loop_is_its_own_method() -> None:
    verbs = "['get','delete'].forEach(v=>{A.prototype[v]=function(e){return this.ask(v.toUpperCase(),e)}});"
    ask = "A.prototype.ask=function(v,e){return fetch(this.b+e,{method:v})};"
    used = "const a=new A('/v1');a.delete('/x');a.get('/y')"
    assert calls(MADE + ask + verbs + used) == ["DELETE /v1/x", "GET /v1/y"]


def test_two_clients_of_one_constructor_keep_their_bases() -> None:
    used = "const a=new A('/v1'),c=new A('/v2');a.r('/x');c.r('/y')"
    assert calls(f"{MADE}A.prototype.r={METHOD};{used}") == ["GET /v1/x", "GET /v2/y"]


def test_an_address_without_a_scheme_keeps_nothing_of_the_page() -> None:
    assert calls("fetch(new URL('//api.example.com/v1/x',location.href).href)") == ["GET //api.example.com/v1/x"]


def test_a_client_that_a_registered_module_hands_on_is_followed() -> None:
    wire = (
        "System.register([],function(t){return{execute:function(){"
        f"{MADE}A.prototype.r={METHOD};const a=new A('/v1');t('x',e=>a.r('/'+e+'/parts'))}}}}}})"
    )
    page = (
        "System.register(['./wire.js'],function(e){var n;return{setters:[function(e){n=e.x}],"
        "execute:function(){n(t.id)}}})"
    )
    read = read_bundles({"wire.js": wire.encode(), "page.js": page.encode()})
    assert [call.url for reading in read.values() for call in reading.calls] == ["/v1/{id}/parts"]


@pytest.mark.parametrize(
    "loop",
    ["for(const s of this.steps)c=s(c)||c;", "for(const s of this.steps)s(c);", "this.steps.forEach(s=>{s(c)});"],
)
def test_headers_that_steps_before_each_call_set_are_told(loop: str) -> None:
    (call,) = read_calls(
        (
            "function A(b){this.b=b;this.steps=[]}A.prototype.use=function(s){this.steps.push(s);return this};"
            "A.prototype.ask=function(e){let c={path:e,headers:{Accept:'a/b'}};"
            + loop
            + "return fetch(this.b+c.path,{headers:c.headers})};"
            "const a=new A('/v1').use(c=>{c.headers['X-Who']=localStorage.getItem('who')});a.ask('/x')"
        ).encode()
    )
    assert (call.url, call.headers) == ("/v1/x", (("Accept", "a/b"), ("X-Who", "{who}")))
