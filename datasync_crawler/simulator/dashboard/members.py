"""The calls that only some worlds have, each as minified code, as source code and as a paragraph of the document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datasync_crawler.simulator.ways import DUMP_FORMS

if TYPE_CHECKING:
    from datasync_crawler.simulator.names import Names
    from datasync_crawler.simulator.world import World


@dataclass(frozen=True, slots=True)
class Member:
    """One call: the place where it is written down (one of ``ways.PLACES``), and how it reads there."""

    place: str
    script: str
    """A property of an object, with the names of the application's script."""
    source: str
    document: str


def members(world: World) -> Iterator[Member]:
    """The calls of a world that are written down somewhere, beside those that every world has."""
    names, ways = world.names, world.ways
    if ways.feed:
        yield _feed(world)
    if ways.ids_path:
        path = names.events + ways.ids_path
        asked = f"{names.limit_parameter}:e.limit??1e3,{position(world)}:e.position"
        script = f"listIds:(e={{}})=>we(`{_folded(names, path)}${{Pq({{{asked}}})}}`)"
        yield _member(names, ways.ids_written, script, "listIds", path, f"Ids alone, up to {ways.ids_cap} a page.")
    if ways.dump_path:
        path = names.api_path + ways.dump_path
        kind = DUMP_FORMS[ways.dump_form].partition(";")[0]
        script = f'exportAll:()=>wr(`{_folded(names, path)}`,{{headers:{{Accept:"{kind}"}}}})'
        yield _member(names, ways.dump_written, script, "exportAll", path, f"Every event at once, as `{kind}`.")
    if ways.lift_header:
        name, value = (part.strip() for part in ways.lift_header.split(":"))
        asked = f"{names.limit_parameter}:e.limit??{ways.lifted_cap or world.page_cap},{position(world)}:e.position"
        headers = f'{{headers:{{"{name}":"{value}"}}}}'
        script = f"listBulk:(e={{}})=>we(`{_folded(names, names.events)}${{Pq({{{asked}}})}}`,{headers})"
        told = f"Send `{name}: {value}` for bulk reading" + (
            f", up to {ways.lifted_cap} a page." if ways.lifted_cap else "."
        )
        yield _member(names, ways.lift_written, script, "listBulk", names.events, told)


def formats(world: World) -> str:
    """The paragraph of the document on the forms and encodings of the list; empty where there is one alone."""
    kinds = [DUMP_FORMS[form.strip()].partition(";")[0] for form in world.ways.accept_forms.split(",") if form.strip()]
    if not kinds:
        return ""
    told = ", ".join(f"`{kind}`" for kind in kinds)
    return f"\n## Formats\n\nThe list is also given as {told}: ask by `Accept`. The next page is then in `Link`.\n"


def handing_in(names: Names) -> str:
    """The paragraph of the document on submissions; empty where they are handed in as everybody knows."""
    if (names.submissions_name, names.repository_parameter) == ("submissions", "github_repo"):
        return ""
    told = "The body is a list of ids, one a line, as `text/plain`."
    return f"\n## Results\n\n`POST {names.submissions}?{names.repository_parameter}=REPOSITORY`\n\n{told}\n"


def position(world: World) -> str:
    """The parameter that says where a page begins."""
    names = world.names
    return {"offset": names.offset_parameter, "page": names.page_parameter}.get(
        world.ways.paging, names.cursor_parameter
    )


def _feed(world: World) -> Member:
    names, ways = world.names, world.ways
    path = {"handed": "${e.endpoint}", "runtime": "${Rx(Fp,Fq)}"}.get(
        ways.feed_written, _folded(names, world.feed_path)
    )
    asked = f"{position(world)}:t,{names.since_parameter}:n,{names.until_parameter}:r"
    token = f"{{headers:{{[e.{names.cased('tokenHeader')}]:e.token}}}}"
    script = (
        f"feed:(e,{{position:t,since:n,until:r}}={{}})=>we(`{path}${{Pq({{{asked}}})}}`"
        f"{'' if ways.feed_open else ',' + token})"
    )
    place = "bundle" if ways.feed_written in ("handed", "runtime") else ways.feed_written
    return _member(names, place, script, "liveFeed", world.feed_path, "Events as they come.")


def _member(names: Names, place: str, script: str, name: str, path: str, told: str) -> Member:
    source = (
        'import { request, withQuery } from "./client";\n\n'
        f"/** {told} */\n"
        f"export const {name} = (options: Record<string, string | number> = {{}}) =>\n"
        f'  request(withQuery("{path}", options), {{ method: "GET", key: "{names.key_header}" }});\n'
    )
    return Member(place, script, source, f"\n## {name}\n\n`GET {path}`\n\n{told}\n")


def _folded(names: Names, path: str) -> str:
    """A path as a bundler leaves it in a template, its base in a constant."""
    return f"${{Zt}}{path.removeprefix(names.api_path)}" if path.startswith(names.api_path) else path
