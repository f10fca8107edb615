"""How well-known HTTP client libraries are called: the names that their users write and no minifier changes.

Read from the manuals of axios, ky, ofetch, wretch, superagent, openapi-fetch, RTK Query, jQuery, Angular and the like.
"""

from __future__ import annotations

# Packages whose main export is a client; a page may also load one by a script of its own, under the same name.
CLIENT_PACKAGES = frozenset({"axios", "ky", "ofetch", "wretch", "superagent", "redaxios", "xior", "got"})

# Where a client's settings say what all its addresses begin with.
BASES = ("baseURL", "baseUrl", "prefixUrl", "baseUri", "rootUrl", "apiBase", "apiUrl")
# The same under names that also mean other things: they count with an address as value only.
LOOSE_BASES = ("prefix", "base", "root", "url", "uri", "endpoint", "basePath")

# Methods of a client, or of its library, that make a client with further settings.
MAKERS = frozenset({"create", "extend", "instance", "defaults", "with", "createInstance", "options", "config"})

VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "request", "del"})
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
# Methods that send what they are given as a body.
WITH_BODY = frozenset({"post", "put", "patch"})

# Members of a request's settings: what goes into the query, into the body, and what else says that they are settings.
QUERY = ("params", "query", "searchParams", "search", "qs")
BODY = ("json", "body", "data", "form", "formData", "payload")
METHOD = ("method", "type")
TELLING = frozenset({*QUERY, *BODY, "method", "headers"})
SETTINGS = TELLING | {
    "type",
    "header",
    "signal",
    "timeout",
    "retry",
    "credentials",
    "mode",
    "cache",
    "responseType",
    "parseAs",
    "withCredentials",
    "onRequest",
    "onResponse",
    "onResponseError",
    "onUploadProgress",
    "onDownloadProgress",
    "hooks",
    "redirect",
    "keepalive",
    "throwHttpErrors",
    "context",
    "observe",
    "priority",
    "next",
    "paramsSerializer",
    "querySerializer",
    "validateStatus",
    "url",
    *BASES,
}
# The parts into which openapi-fetch and generated clients divide `params`.
PARTS_OF_PARAMS = frozenset({"path", "query", "header", "cookie"})

# What a chain of calls on a client sets: the header with one value, a header by name, the body.
HEADER_OF = {"auth": "Authorization", "accept": "Accept", "content": "Content-Type", "type": "Content-Type"}
SET_HEADERS = frozenset({"headers", "header", "set", "setHeader", "setHeaders"})
SET_HOOKS = frozenset({"middlewares", "defer", "use", "onRequest"})
SET_BODY = frozenset({"json", "body", "send", "data", "field", "formData", "formUrl"})
SET_QUERY = frozenset({*QUERY, "param"})
# What a chain may still set after the verb.
AFTER_VERB = frozenset({"query", "set", "send", "field", "auth", "type", "accept"})

# Calls with a path and settings that lead to another page, or render one.
ELSEWHERE = frozenset(
    {
        "push",
        "replace",
        "navigate",
        "redirect",
        "route",
        "prefetch",
        "pushState",
        "replaceState",
        "assign",
        "createElement",
        "jsx",
        "jsxs",
        "h",
        "open",
        "register",
        "addRoute",
        "resolve",
        "preload",
    }
)
