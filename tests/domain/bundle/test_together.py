"""Scripts of one page are one program: what one exports, another calls."""

from __future__ import annotations

import pytest

from datasync_crawler.domain.bundle import read_bundles


def calls(**scripts: str) -> list[str]:
    """Method and address of every call in `scripts`, which lie beside each other as `NAME.js`."""
    readings = read_bundles({f"http://h/a/{name}.js": source.encode() for name, source in scripts.items()})
    return sorted(f"{call.method} {call.url}" for reading in readings.values() for call in reading.calls)


WRAPPER = "(e,t)=>fetch('/v1'+e,t)"


@pytest.mark.parametrize(
    ("library", "app"),
    [
        pytest.param(f"const f={WRAPPER};export{{f as r}}", "import{r as q}from'./lib.js';q('/x')", id="renamed"),
        pytest.param(f"export default {WRAPPER}", "import q from'./lib.js';q('/x')", id="default"),
        pytest.param(f"export const f={WRAPPER}", "import*as q from'./lib.js';q.f('/x')", id="all of a module"),
        pytest.param(f"export const f={WRAPPER}", "const{f:q}=await import('./lib.js');q('/x')", id="lazy"),
        pytest.param(f"export const f={WRAPPER}", "import('./lib.js').then(m=>m.f('/x'))", id="lazy, then"),
        pytest.param(
            f"(self.c=self.c||[]).push([[1],{{27:(e,t,n)=>{{n.d(t,{{A:()=>f}});const f={WRAPPER}}}}}])",
            "(self.c=self.c||[]).push([[2],{31:(e,t,n)=>{var r=n(27);(0,r.A)('/x')}}])",
            id="webpack's getters",
        ),
        pytest.param(
            f"(self.c=self.c||[]).push([[1],{{27(e,t,n){{n.d(t,['A',0,{WRAPPER}])}}}}])",
            "(self.c=self.c||[]).push([[2],{31(e,t,n){n.e(1).then(n.bind(n,27)).then(({A:q})=>q('/x'))}}])",
            id="webpack's list, lazy",
        ),
        pytest.param(
            f"(self.c=self.c||[]).push([[1],{{27(e,t,n){{e.exports={{get:{WRAPPER}}}}}}}])",
            "(self.c=self.c||[]).push([[2],{31(e,t,n){var r=n(27),o=n.n(r);o().get('/x')}}])",
            id="webpack's old modules",
        ),
        pytest.param(
            f"(globalThis.T=globalThis.T||[]).push([document.currentScript,27,e=>{{e.s(['A',0,{WRAPPER}])}}])",
            "(globalThis.T=globalThis.T||[]).push([document.currentScript,31,e=>{var r=e.i(27);(0,r.A)('/x')}])",
            id="turbopack",
        ),
        pytest.param(
            f"System.register([],function(e){{return{{execute:function(){{e('a',{WRAPPER})}}}}}})",
            "System.register(['./lib.js'],(function(e){var q;return{setters:[m=>{q=m.a}],execute(){q('/x')}}}))",
            id="System.register",
        ),
        pytest.param(
            f"define(['exports'],function(e){{e.a={WRAPPER}}})",
            "define(['./lib.js'],function(m){m.a('/x')})",
            id="define",
        ),
        pytest.param(f"var Api={{get:{WRAPPER}}}", "Api.get('/x')", id="a global"),
        pytest.param(f"window.Api={{get:{WRAPPER}}}", "window.Api.get('/x')", id="a member of the window"),
    ],
)
def test_a_wrapper_of_another_script_is_entered(library: str, app: str) -> None:
    assert calls(lib=library, app=app) == ["GET /v1/x"]


def test_a_script_that_only_passes_on_is_looked_through() -> None:
    scripts = {
        "lib": f"const f={WRAPPER};export{{f as r}}",
        "between": "export{r as s}from'./lib.js'",
        "app": "import{s as q}from'./between.js';q('/x')",
    }
    assert calls(**scripts) == ["GET /v1/x"]


def test_a_copy_of_a_module_in_another_chunk_serves_that_chunk() -> None:
    client = "class C{constructor(b){this.b=b}get(p){return fetch(this.b+p)}}const c=new C('/v1')"
    copy = f"27(e,t,n){{n.d(t,{{A:()=>c}});{client}}}"
    chunk = "(self.c=self.c||[]).push([[%d],{%s,%d(e,t,n){n(27).A.get('/%s')}}])"
    scripts = {"one": chunk % (1, copy, 31, "x"), "two": chunk % (2, copy, 32, "y")}
    assert calls(**scripts) == ["GET /v1/x", "GET /v1/y"]


def test_a_call_is_told_where_it_is_made() -> None:
    library = f"const f={WRAPPER};export{{f as r}}".encode()
    readings = read_bundles({"a/lib.js": library, "a/app.js": b"import{r as q}from'./lib.js';q('/x')"})
    assert {url: len(reading.calls) for url, reading in readings.items()} == {"a/lib.js": 0, "a/app.js": 1}


def test_the_answer_has_every_script_even_where_they_are_too_many_to_be_read_together() -> None:
    large = b"fetch('/a');" + b"//" + b"x" * 2_100_000
    readings = read_bundles({"one.js": large, "two.js": large.replace(b"/a", b"/b", 1), "three.js": b"fetch('/c')"})
    found = [call.url for reading in readings.values() for call in reading.calls]
    assert found == ["/a", "/b", "/c"]


def test_scripts_that_import_each_other_in_a_circle_are_read() -> None:
    circle = {"a": "export{x}from'./b.js';import{x}from'./b.js';x('/a')", "b": "export{x}from'./a.js'"}
    assert isinstance(calls(**circle), list)
