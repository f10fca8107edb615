"""Further scripts to read."""

from __future__ import annotations

import pytest

from datasync_crawler.domain.bundle import read_links


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("import('./a.js')", ("./a.js",), id="dynamic import"),
        pytest.param("import x from'./a.js';export*from'./b.js'", ("./a.js", "./b.js"), id="static imports"),
        pytest.param("const d='./lazy/';import(`${d}a.js`)", ("./lazy/a.js",), id="folded target"),
        pytest.param("import('./'+name+'.js')", (), id="target unknown until run"),
        pytest.param("import'react';import('react-dom')", (), id="packages are no files"),
        pytest.param("new Worker(new URL('./w.js',import.meta.url))", ("./w.js",), id="worker"),
        pytest.param("importScripts('/a.js','/b.js')", ("/a.js", "/b.js"), id="scripts of a worker"),
        pytest.param("app.register('events')", (), id="another register"),
        pytest.param("x();\n//# sourceMappingURL=a.js.map\n", ("a.js.map",), id="source map"),
        pytest.param("x();/*# sourceMappingURL=a.js.map*/", ("a.js.map",), id="source map in a block comment"),
    ],
)
def test_a_link_is_told_as_written(source: str, expected: tuple[str, ...]) -> None:
    assert read_links(source.encode()) == expected


def test_vites_preload_list_names_its_scripts() -> None:
    source = (
        b"const __vite__mapDeps=(i,m=__vite__mapDeps,d=(m.f||(m.f="
        b"['assets/a-1.js','assets/b-2.css','assets/c-3.js'])))=>i.map(i=>d[i]);"
    )
    assert read_links(source) == ("assets/a-1.js", "assets/c-3.js")


def test_webpacks_chunk_names_are_computed() -> None:
    source = b'n.p="/static/";n.u=e=>9===e?"js/nine.js":"js/"+({1:"a"}[e]||e)+"."+{1:"f0",2:"f1"}[e]+".js";n.e(2)'
    assert read_links(source) == ("/static/js/nine.js", "/static/js/a.f0.js", "/static/js/2.f1.js")
