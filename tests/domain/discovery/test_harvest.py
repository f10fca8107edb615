from __future__ import annotations

from datasync_crawler.domain.discovery.harvest import (
    mentioned_documents,
    mentioned_paths,
    page_links,
    stored_names,
    url_names,
)

BASE = "http://h/app/"


def test_scripts_and_documents_of_a_page_are_found() -> None:
    html = """<script type=module src="/assets/a.js"></script><script>inline()</script>
      <link rel=modulepreload href="b.js"><link rel=stylesheet href="c.css"><a href="/docs/guide.md">Guide</a>
      <a href="/about">About</a>"""
    links = page_links(html, BASE)
    assert links.scripts == ("http://h/assets/a.js", "http://h/app/b.js")
    assert links.documents == ("http://h/docs/guide.md",)


def test_names_that_a_script_reads_from_its_url_are_found_the_keys_first() -> None:
    script = 'const p=new URLSearchParams(location.search);const t=p.get("tab"),k=p.get("accessKey");'
    assert url_names(script) == ("accessKey", "tab")


def test_other_getters_are_not_taken_for_reading_the_url() -> None:
    assert url_names('cache.get("token")') == ()


def test_names_in_the_browsers_storage_are_found_when_they_sound_like_a_key() -> None:
    assert stored_names('localStorage.getItem("app.token")||localStorage.getItem("theme")') == ("app.token",)


def test_documents_that_a_script_mentions_are_found_on_its_own_origin() -> None:
    script = 'a="/docs/api.md";b="http://other/readme.md";c="/openapi.json"'
    assert mentioned_documents(script, "http://h/assets/a.js") == ("http://h/docs/api.md", "http://h/openapi.json")


def test_paths_that_a_script_writes_are_found_behind_an_unknown_base_too() -> None:
    script = 'const a={feed:e=>we(`${Zt}/streams/k2v9/live${Pq(e)}`),one:"/api/v1/things?limit=1",no:"/x",at:"a/b/c"}'
    assert mentioned_paths(script) == ("/streams/k2v9/live", "/api/v1/things")
