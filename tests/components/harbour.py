"""A service that is nothing like the simulated one: other names, other shapes, other ways."""

from __future__ import annotations

import base64
import json
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

KEY = "harbour-9f8e7d6c5b4a39281706"
TICKET = "Zk3vQ9xW1mB7tR5yU2pL8sD4"
MOST = 200
NEWEST = datetime(2026, 3, 1, 12, tzinfo=UTC)

PAGE = "<!doctype html><title>Harbour</title><body><div id=app></div><script src='/static/app.js'></script>"
SCRIPT = """
const root="/v3";
class Harbour{
  constructor(k){this.key=k}
  async call(path,{method="GET",query,headers={}}={}){
    const q=query?"?"+new URLSearchParams(query):"";
    const r=await fetch(root+path+q,{method,headers:{Authorization:`Token ${this.key}`,...headers}});
    return r.json();
  }
  entries(t){return this.call("/entries",{query:{page_size:50,page_token:t}})}
  entry(id){return this.call(`/entries/${id}`)}
  vessels(){return this.call("/vessels",{query:{page_size:5}})}
  overview(){return this.call("/overview")}
  ticket(){return this.call("/tickets/replay-access",{method:"POST"})}
  async replay(a,b){const t=await this.ticket();
    return fetch(t.replay+"?"+new URLSearchParams({page_size:50,page_token:"",from_ts:a,to_ts:b}),
      {headers:{Authorization:`Token ${this.key}`,[t.ticket.send_as]:t.ticket.value}}).then(r=>r.json())}
}
function open(key){
  const api=new Harbour(key);
  api.overview().catch(()=>0);
  document.body.innerHTML="<button id=live>Replay</button><button>Log out</button>";
  document.getElementById("live").onclick=()=>api.ticket().catch(()=>0);
  api.entries().catch(()=>0);
}
//sign-in
"""
BY_ADDRESS = """const given=new URLSearchParams(location.search).get("access_key");
if(given)open(given);"""
FORM = """
document.body.innerHTML="<form><input name=secret type=password><button>Enter</button></form>";
document.forms[0].onsubmit=e=>{e.preventDefault();open(document.forms[0].secret.value)};
"""


def rows(count: int) -> list[dict[str, Any]]:
    """The entries, newest first: whole numbers for ids, times in microseconds."""
    return [
        {"entry_no": 90_000_000 + count - i, "recorded": _iso(i), "berth": i % 7, "kind": ("dock", "sail")[i % 2]}
        for i in range(count)
    ]


class Harbour:
    """The service on a free port of the loopback; counts the calls with the key by path and keeps the statuses.

    With ``form`` its page takes the key by a form and not from its address. ``strangers`` are paths under /v3 that
    were called with another key.
    """

    def __init__(self, count: int = 3_000, *, form: bool = False) -> None:
        self.script = SCRIPT.replace("//sign-in", FORM if form else BY_ADDRESS)
        self.strangers: list[str] = []
        self.entries = rows(count)
        self.calls: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self._lock = threading.Lock()
        harbour = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                harbour.answer(self)

            do_POST = do_GET  # noqa: N815 - the name that http.server calls

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answers one request."""
        parts = urlsplit(request.path)
        keyed = request.headers.get("Authorization") == f"Token {KEY}"
        query = dict(parse_qsl(parts.query))
        with self._lock:
            if keyed:
                self.calls[parts.path] += 1
            status, body, kind = self._body(request, parts.path, query, keyed)
            self.statuses[status] += keyed
            left = 30 - self.calls[parts.path]
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        if keyed and parts.path == "/v3/entries":
            request.send_header("RateLimit-Limit", "30;w=10")
            request.send_header("RateLimit-Remaining", str(left))
            request.send_header("RateLimit-Reset", "10")
        request.end_headers()
        request.wfile.write(body)

    def _body(
        self, request: BaseHTTPRequestHandler, path: str, query: dict[str, str], keyed: bool
    ) -> tuple[int, bytes, str]:
        if path == "/":
            return 200, PAGE.encode(), "text/html"
        if path == "/static/app.js":
            return 200, self.script.encode(), "text/javascript"
        if path == "/v3":
            return _json(200, {"resources": [{"href": "/v3/entries"}, {"href": "/v3/vessels"}]})
        if not keyed:
            self.strangers += [path] if "Authorization" in request.headers else []
            return _json(401, {"problem": "send Authorization: Token <your key>"})
        return self._keyed(request, path, query)

    def _keyed(self, request: BaseHTTPRequestHandler, path: str, query: dict[str, str]) -> tuple[int, bytes, str]:
        if path == "/v3/tickets/replay-access" and request.command == "POST":
            ticket = {"value": TICKET, "send_as": "X-Replay-Ticket", "valid_for": 60}
            return _json(200, {"ticket": ticket, "replay": "/v3/replay/77"})
        if path == "/v3/overview":
            return _json(200, {"entries": len(self.entries), "kinds": [{"dock": len(self.entries)}]})
        if path == "/v3/vessels":
            return _json(200, _page([{"vessel_no": 7, "name": "Anna"}], 12, more=True))
        if path == "/v3/entries" or (path == "/v3/replay/77" and request.headers.get("X-Replay-Ticket") == TICKET):
            return self._list(query, ranged=path != "/v3/entries")
        return _json(404, {"problem": "no such thing"})

    def _list(self, query: dict[str, str], *, ranged: bool) -> tuple[int, bytes, str]:
        size = int(query.get("page_size", "20"))
        if size > MOST:
            return _json(400, {"problem": f"page_size must not exceed {MOST}"})
        found = self.entries
        if query.get("page_token"):
            mark = json.loads(base64.urlsafe_b64decode(query["page_token"] + "=="))
            found = [row for row in found if (_micros(row), row["entry_no"]) < (mark["at"], int(mark["no"]))]
        if ranged and query.get("from_ts"):
            found = [row for row in found if _micros(row) > int(query["from_ts"])]
        if ranged and query.get("to_ts"):
            found = [row for row in found if _micros(row) <= int(query["to_ts"])]
        return _json(200, _page(found[:size], len(self.entries), more=len(found) > size))


def _page(found: list[dict[str, Any]], count: int, *, more: bool) -> dict[str, Any]:
    token = None
    if more and "recorded" in found[-1]:
        mark = json.dumps({"at": _micros(found[-1]), "no": found[-1]["entry_no"]}).encode()
        token = base64.urlsafe_b64encode(mark).decode().rstrip("=")
    return {"result": {"items": found, "more": more, "next_page_token": token}, "counts": {"all": count}}


def _json(status: int, document: object) -> tuple[int, bytes, str]:
    return status, json.dumps(document).encode(), "application/json"


def _iso(index: int) -> str:
    return (NEWEST - timedelta(seconds=7 * index, microseconds=index)).isoformat(timespec="microseconds")


def _micros(row: dict[str, Any]) -> int:
    return round(datetime.fromisoformat(row["recorded"]).timestamp() * 1_000_000)
