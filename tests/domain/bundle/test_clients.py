"""Client libraries are known by how they are made and called, whatever a minifier calls them."""

from __future__ import annotations

import pytest

from datasync_crawler.domain.bundle import CodeCall, read_calls


def only(source: str) -> CodeCall:
    (call,) = read_calls(source.encode())
    return call


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("const a=k.create({prefixUrl:'/v1'});a.get('x',{searchParams:{n:1}})", ("GET", "/v1/x", ("n",))),
        (
            "const a=k.create({baseURL:'/v1'}),b=a.extend({headers:{h:1}});b('/x',{query:{n:1}})",
            ("GET", "/v1/x", ("n",)),
        ),
        (
            "const a=c({baseUrl:'/v1/'});a.GET('/x/{id}',{params:{path:{id:i},query:{n:1}}})",
            ("GET", "/v1/x/{id}", ("n",)),
        ),
        ("const{POST:p}=c({baseUrl:'/v1'});p('/x',{params:{query:{n:1}},body:{m:1}})", ("POST", "/v1/x", ("n",))),
        ("const a=axios.create();a.defaults.baseURL='/v1';a.delete('/x',{params:{n:1}})", ("DELETE", "/v1/x", ("n",))),
        ("$.ajax({url:'/v1/x',type:'put',data:{m:1}})", ("PUT", "/v1/x", ())),
        ("class S{constructor(h){this.h=h}l(){return this.h.get('/v1/x',{params:{n:1}})}}", ("GET", "/v1/x", ("n",))),
    ],
)
def test_a_call_through_a_client_is_told_with_base_and_parameters(
    source: str, expected: tuple[str, str, tuple[str, ...]]
) -> None:
    call = only(source)
    assert (call.method, call.url, call.params) == expected


WRETCH = (
    "var Y={_url:'',_o:{},url(e){return{...this,_url:this._url+e}},headers(e){return{...this,_o:e}},get(){},post(){},"
    "put(){},patch(){},delete(){}};function w(e='',t={}){return{...Y,_url:e,_o:t}}"
)


def test_a_chain_of_calls_builds_up_the_request() -> None:
    call = only(WRETCH + "const a=w('/v1').headers({H:1});a.url('/x/'+id).query({n:1}).post({m:1})")
    assert (call.method, call.url, call.params) == ("POST", "/v1/x/{id}", ("n",))
    assert [name for name, _ in call.headers] == ["H"]


def test_an_endpoint_described_for_a_service_is_a_call_of_it() -> None:
    source = (
        "const s=c({baseQuery:q({baseUrl:'/v1',prepareHeaders:h=>(h.set('H','1'),h)}),endpoints:b=>({"
        "add:b.mutation({query:({id:e,...t})=>({url:`/x/${e}`,method:'POST',params:{n:1},body:t})})})})"
    )
    call = only(source)
    assert (call.method, call.url, call.params, call.headers) == ("POST", "/v1/x/{id}", ("n",), (("H", "1"),))


def test_the_service_that_more_endpoints_are_given_to_lends_them_its_base() -> None:
    source = (
        "const s=c({baseQuery:q({baseUrl:'/v1'}),endpoints:()=>({})});"
        "s.injectEndpoints({endpoints:b=>({one:b.query({query:e=>`/x/${e}`})})})"
    )
    assert only(source).url == "/v1/x/{e}"


@pytest.mark.parametrize(
    "settings",
    [
        "hooks:{beforeRequest:[e=>{e.headers.set('H',k)}]}",
        "onRequest({options:e}){e.headers.set('H',k)}",
        "onRequest({request:e}){e.headers['H']=k}",
    ],
)
def test_headers_that_a_hook_sets_count_for_every_call(settings: str) -> None:
    call = only(f"const a=x.create({{baseURL:'/v1',{settings}}});a('/x')")
    assert [name for name, _ in call.headers] == ["H"]


@pytest.mark.parametrize(
    "source",
    [
        "useSWR('/x',e=>fetch('/v1'+e))",
        "const f=e=>fetch('/v1'+e);q(i?'/x':null,f)",
        "useQuery({queryKey:['/x'],queryFn:({queryKey:e})=>fetch('/v1'+e[0])})",
        "j(C,{value:{fetcher:e=>fetch('/v1'+e)}});const{data:d}=q('/x')",
    ],
)
def test_a_key_that_is_an_address_is_fetched(source: str) -> None:
    assert only(source).url == "/v1/x"


@pytest.mark.parametrize(
    "source",
    [
        "router.push('/x',{query:{n:1}})",
        "m.get('x')",
        "app.get('/x',e=>e)",
        "jsx('a',{href:'/x'})",
        "img.get('/x.png')",
        "fetch('https://empty.invalid/x')",
    ],
)
def test_what_only_resembles_a_call_is_none(source: str) -> None:
    assert read_calls(source.encode()) == ()


@pytest.mark.parametrize(
    "source",
    [
        "const a=n=>(u,o)=>n(u,{...o}),f=a(fetch);f('/v1/x')",
        "class C{constructor(f=fetch){this.load=f}g(){return this.load('/v1/x')}}new C().g()",
        (
            "function r(){return t.apply(this,arguments)}"
            "function t(){return(t=A(function(e){return fetch('/v1'+e)})).apply(this,arguments)}r('/x')"
        ),
        "const u=(...p)=>['/v1',...p.map(encodeURIComponent)].join('/');fetch(u('x'))",
        "const u=(s,...v)=>s.reduce((o,x,i)=>o+x+v[i],'');fetch('/v1'+u`/x`)",
        "const f=(p,v)=>p.split('/').map(s=>s.startsWith(':')?v[s.slice(1)]:s).join('/');fetch(f('/v1/:a',{a:'x'}))",
        "var E;!function(e){e.X='/v1/x'}(E||(E={}));fetch(E.X)",
        (
            "class R{constructor(){this.p='/v1'}seg(s){this.p+='/'+s;return this}get(){return fetch(this.p)}}"
            "new R().seg('x').get()"
        ),
        (
            "const C=createContext();class A{get(p){return fetch('/v1'+p)}}"
            "j(C.Provider,{value:new A});useContext(C).get('/x')"
        ),
    ],
)
def test_ways_of_writing_lead_to_the_same_call(source: str) -> None:
    assert [call.url for call in read_calls(source.encode())] == ["/v1/x"]


@pytest.mark.parametrize(
    "source",
    [
        "for(const[k,[m,p]]of Object.entries({a:['GET','/x'],b:['PUT','/x/:i']}))o[k]=v=>fetch('/v1'+p,{method:m})",
        "[{m:'GET',p:'/x'},{m:'PUT',p:'/x/:i'}].map(({m,p})=>v=>fetch('/v1'+p,{method:m}))",
        (
            "Object.keys(t).forEach(k=>{o[k]=v=>fetch('/v1'+t[k].p,{method:t[k].m})});"
            "const t={a:{m:'GET',p:'/x'},b:{m:'PUT',p:'/x/:i'}}"
        ),
    ],
    ids=["entries", "rows", "keys"],
)
def test_the_columns_of_a_table_of_routes_belong_together(source: str) -> None:
    calls = read_calls(source.encode())
    assert [(call.method, call.url) for call in calls] == [("GET", "/v1/x"), ("PUT", "/v1/x/{i}")]


WEAK = "var b=new WeakMap,k=new WeakSet;class C{constructor(e){add(this,k);%s}one(e){return %s.call(this,'/'+e)}}"


@pytest.mark.parametrize(
    ("written", "read", "method"),
    [
        ("set(this,b,e)", "get(this,b)", "own(this,k,m)"),
        ("init(this,b,{writable:!0,value:e})", "get(this,b)", "own(this,k,m)"),
        ("b.set(this,void 0),set(this,b,e,'f')", "get(this,b,'f')", "get(this,k,'m',m)"),
        ("init(this,b,void 0),set(b,this,e)", "get(b,this)", "own(k,this,m)"),
    ],
    ids=["swc", "swc, with a start value", "typescript", "babel"],
)
def test_private_parts_of_classes_are_read_as_compilers_write_them(written: str, read: str, method: str) -> None:
    source = WEAK % (written, method) + f"function m(e){{return fetch({read}+e)}}new C('/v1').one('x')"
    assert [call.url for call in read_calls(source.encode())] == ["/v1/x"]


def test_a_value_that_is_one_of_many_is_told_as_a_part_left_open() -> None:
    source = b"['north','south'].map(e=>fetch('/v1/sites/'+e));const g=i=>fetch(`/v1/things/${i}`);g('b7')"
    assert {call.url for call in read_calls(source)} >= {"/v1/sites/{element}", "/v1/sites/north", "/v1/things/{i}"}
