"""Builds a world's dashboard as a bundler would: scripts of library and application code, named by their hashes."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from datasync_crawler.simulator.dashboard.members import Member, formats, handing_in, members, position

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datasync_crawler.simulator.world import World

SOURCES = Path(__file__).parent / "src"
LIBRARY_SIZE = 96_000
"""Characters of library code before the application's."""

_BLANK = re.compile(r"\$(\w+)\$")
_EXPORTED = "we,Pq,Zt,rp,ce,er,tb,nt,Ta"
_VEIL = 53


def build(world: World) -> dict[str, str]:
    """The text of every file by its path; the same world has the same files on every machine."""
    found = list(members(world))
    chunk = "".join(member.script + "," for member in found if member.place == "lazy")
    chunk_name = f"Live-{_digest(chunk)}.js" if chunk else ""
    blanks = _blanks(world, found, chunk_name)
    script = _filled("prelude.js", {}) + _library() + _filled("app.js", blanks)
    name = f"index-{_digest(script)}.js"
    files = {"/": _source("page.html").replace("{script}", name), "/docs/api.md": _filled("api.md", blanks)}
    if chunk:
        view = _filled("feed.js", blanks) if blanks["feed_call"].startswith("lv.") else ""
        code = f'import{{{blanks["exported"]}}}from"./{name}";const lv={{{chunk}}};{view}'
        files[f"/assets/{chunk_name}"] = code + f"export{{{'vF,' if view else ''}lv}};\n"
    mapped = [member for member in found if member.place == "map"]
    if mapped:
        script += f"//# sourceMappingURL={name}.map\n"
        files[f"/assets/{name}.map"] = _source_map(name, mapped)
    return files | {f"/assets/{name}": script}


def _blanks(world: World, found: Sequence[Member], chunk_name: str) -> dict[str, str]:
    """What is filled into the sources, by the name of the blank."""
    names, ways = world.names, world.ways
    tokened, lazy = ways.feed and not ways.feed_open, ways.feed and ways.feed_written == "lazy"
    exported = _EXPORTED + (",wr" if ways.dump_path else "")
    written = [member.script for member in found if member.place == "bundle"]
    written += [f'more:()=>import("./{chunk_name}")'] if chunk_name and not lazy else []
    written += ["streamAccess:()=>we(`${Qn}" + names.access_path + '`,{method:"POST"})'] if tokened else []
    blanks = {
        "api": names.api_path,
        "internal": names.internal_path,
        "cookie": names.key_cookie,
        "key_header": names.key_header,
        "key_value": f"`{names.key_scheme} ${{n}}`" if names.key_scheme else "n",
        "sign_in": names.sign_in_parameter,
        "events": names.events_name,
        "limit": names.limit_parameter,
        "position": position(world),
        "filters": _filters(world),
        "members": ",".join(written),
        "unwrap": f".map(s=>s.{world.rows.row_under})" if world.rows.row_under else "",
        "documented": "".join(member.document for member in found if member.place == "docs")
        + formats(world)
        + handing_in(names),
        "door": "await Ta()" if tokened else "{}",
        "feed_call": "lv.feed(n,t)" if lazy else "nt.feed(n,t)",
        "lost": 'n instanceof Ec&&n.code==="INVALID_STREAM_TOKEN"&&(Fk=null),' if tokened and not lazy else "",
        "exported": exported,
        "exports": f"export{{{exported}}};\n" if chunk_name else "",
    }
    blanks |= _members_of_answers(world)
    blanks["download"] = _filled("download.js", blanks) if ways.dump_path else ""
    blanks["token"] = _filled("token.js", blanks) if tokened else "const Ta=()=>({});\n"
    return blanks | _feed_view(world, blanks, chunk_name)


def _members_of_answers(world: World) -> dict[str, str]:
    """How the scripts come to the members of an answer and of its rows; ``i`` is the answer, ``o`` its rows."""
    names, ways = world.names, world.ways
    places = {"id": names.id_field, "time": names.time_field, "type": names.type_field, "device": "deviceType"}
    places |= {"access": "streamAccess", "expires": "expiresIn"}
    following = f"i.{names.cased(names.cursor_at)}" if names.cursor_at else "null"
    counted = {"offset": "(n??0)+o.length", "page": f"(n??{ways.first_page})+1"}
    return {blank: names.cased(place) for blank, place in places.items()} | {
        "rows": f".{names.cased(names.rows_at)}" if names.rows_at else "",
        "cursor_at": following,
        "more": f"i.{names.cased(names.more_at)}" if names.more_at else following,
        "next": counted.get(ways.paging, following),
    }


def _feed_view(world: World, blanks: Mapping[str, str], chunk_name: str) -> dict[str, str]:
    """How the dashboard comes to its feed: at once, when asked to, or never."""
    if world.ways.feed and world.ways.feed_written == "lazy":
        opened = f'import("./{chunk_name}").then(t=>t.vF?.(e))'
        return {
            "feed_view": f'function vF(e){{rp(e,ce("button",{{onClick:()=>{opened}}},"Show"))}}\n',
            "feed_start": "vF(a)",
        }
    if not world.ways.feed or world.ways.feed_written in ("map", "docs", "nowhere"):
        return {"feed_view": "", "feed_start": "null"}
    hidden = _veiled(world.feed_path) if world.ways.feed_written == "runtime" else ""
    return {"feed_view": hidden + _filled("feed.js", blanks), "feed_start": "vF(a)"}


def _filters(world: World) -> str:
    """The parameters that the list takes beside limit and position, as properties."""
    names, ways = world.names, world.ways
    taken = [(names.since_parameter, "since"), (names.until_parameter, "until")] if world.ranges_on_events else []
    taken += [(names.type_parameter, "type")] if world.type_filters else []
    taken += [(names.fields_parameter, "fields")] if ways.sparse_fields else []
    taken += [(names.offset_parameter, "offset")] if world.offset_honoured and ways.paging == "cursor" else []
    return "".join(f",{name}:e.{word}" for name, word in taken)


def _veiled(path: str) -> str:
    """Code that knows a path without writing it."""
    numbers = [ord(letter) ^ _VEIL + at % 7 for at, letter in enumerate(path)]
    return (
        f"const Fq={_VEIL},Fp={json.dumps(numbers, separators=(',', ':'))};"
        'function Rx(e,t){let n="";for(let r=0;r<e.length;r++)n+=String.fromCharCode(e[r]^t+r%7);return n}\n'
    )


def _source_map(script: str, mapped: Sequence[Member]) -> str:
    sources = [f"../../src/api/{member.script.partition(':')[0]}.ts" for member in mapped]
    content = [member.source for member in mapped]
    document = {
        "version": 3,
        "file": script,
        "sources": sources,
        "sourcesContent": content,
        "names": [],
        "mappings": "AAAA",
    }
    return json.dumps(document)


@cache
def _library() -> str:
    """Code that looks like a library's, defines many names, and does nothing.

    Each line of ``library.txt`` is the shape of a definition; in braces stand a name, words and numbers.
    """
    source = random.Random(7)
    shapes, words = _source("library.txt").splitlines(), _source("words.txt").split()
    parts: list[str] = []
    size = 0
    while size < LIBRARY_SIZE:
        v, w, x, y = source.sample(words, 4)
        name = f"_{len(parts):x}{source.choice('abcdefghijkmnop')}"
        numbers = {"k": source.randrange(1, 4096), "m": source.randrange(3, 65536)}
        parts.append(source.choice(shapes).format(a=name, v=v, w=w, x=x, y=y, **numbers))
        size += len(parts[-1])
    return "".join(parts) + "\n"


def _filled(name: str, blanks: Mapping[str, str]) -> str:
    return _BLANK.sub(lambda blank: blanks[blank[1]], _source(name))


@cache
def _source(name: str) -> str:
    return (SOURCES / name).read_text()


def _digest(text: str) -> str:
    """Eight letters that a text is named by."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()[:8]
    return digest.replace("-", "a").replace("_", "b")
