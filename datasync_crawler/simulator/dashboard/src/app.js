const Zt="$api$",Qn="$internal$",Wk="$cookie$",jX="$key_header$",Lm=20,Bc=300;
class Ec extends Error{constructor(e,t,n){super(t),this.name="ApiError",this.status=e,this.code=n}}
function Rk(e){const t=document.cookie.split("; ").find(n=>n.startsWith(`${e}=`));return t?t.slice(e.length+1):null}
function Sk(e,t){document.cookie=`${e}=${t}; path=/`}
function Ak(){const e=new URLSearchParams(window.location.search).get("$sign_in$");return e&&Sk(Wk,e),e||Rk(Wk)}
function Pq(e){const t=new URLSearchParams;for(const[n,r]of Object.entries(e))r!=null&&r!==""&&t.append(n,String(r));const o=t.toString();return o?`?${o}`:""}
$download$async function we(e,t={}){const n=Ak(),r={"Content-Type":"application/json",...t.headers};n&&(r[jX]=$key_value$);const o=await fetch(e,{...t,headers:r,credentials:"same-origin"});if(!o.ok){const i=await o.json().catch(()=>({}));throw new Ec(o.status,i.message||o.statusText,i.code)}return o.json()}
const nt={listEvents:(e={})=>we(`${Zt}/$events$${Pq({$limit$:e.limit??Lm,$position$:e.position$filters$})}`),getEvent:e=>we(`${Zt}/$events$/${e}`),bulkEvents:e=>we(`${Zt}/$events$/bulk`,{method:"POST",body:JSON.stringify({ids:e})}),stats:()=>we(`${Qn}/stats`),health:()=>we(`${Qn}/health`),$members$};
$token$function ce(e,t,...n){const r=document.createElement(e);for(const[o,i]of Object.entries(t||{}))o.startsWith("on")?r.addEventListener(o.slice(2).toLowerCase(),i):i!=null&&r.setAttribute(o,String(i));for(const o of n.flat())o!=null&&r.append(o.nodeType?o:document.createTextNode(String(o)));return r}
function rp(e,...t){e.replaceChildren(...t)}
function er(e){return ce("p",{class:"error",role:"alert"},e instanceof Ec?`${e.status} ${e.message}`:"Could not reach the service")}
function fd(e){const t=typeof e=="number"?e:Date.parse(e);return Number.isNaN(t)?"–":new Date(t).toLocaleString()}
function tl(e,t){return ce("div",{class:"tile"},ce("span",{},e),ce("b",{},typeof t=="number"?t.toLocaleString():t))}
function er2(e,t){return ce("tr",{"data-id":e.$id$,onClick:()=>t(e.$id$)},ce("td",{},fd(e.$time$)),ce("td",{},e.$type$),ce("td",{},e.name),ce("td",{},e.session?.$device$??"–"),ce("td",{},ce("code",{},e.$id$)))}
function tb(e,t){return ce("table",{},ce("thead",{},ce("tr",{},["Time","Type","Name","Device","ID"].map(n=>ce("th",{},n)))),ce("tbody",{},e.map(n=>er2(n,t))))}
async function vS(e){try{const t=await nt.stats();rp(e,tl("Events",t.counts.events),tl("Sessions",t.counts.sessions),tl("Users",t.counts.users))}catch(t){rp(e,er(t))}}
async function vH(e){try{const t=await nt.health();rp(e,ce("span",{class:`dot ${t.status}`},`Service ${t.status}`))}catch(t){rp(e,er(t))}}
async function vD(e,t){rp(e,"Loading…");try{const n=await nt.getEvent(t);rp(e,ce("pre",{},JSON.stringify(n,null,2)))}catch(n){rp(e,er(n))}}
async function vE(e,t,n){const r=ce("div",{class:"detail"});try{const i=await nt.listEvents({position:n}),o=i$rows$$unwrap$,a=o.map(s=>s.$id$);rp(e,tb(o,s=>vD(r,s)),ce("button",{onClick:()=>t(a)},"Refresh selection"),$more$?ce("button",{onClick:()=>vE(e,t,$next$)},"Next page"):null,r)}catch(o){rp(e,er(o))}}
async function vB(e,t){try{const{data:n=[],missing:r=[]}=await nt.bulkEvents(t);rp(e,`${n.length} events, ${r.length} missing`)}catch(n){rp(e,er(n))}}
$feed_view$function vL(e){const t=ce("input",{name:"$sign_in$",placeholder:"ds_…",autocomplete:"off"}),n=ce("form",{onSubmit:r=>{r.preventDefault(),window.location.search=Pq({$sign_in$:t.value})}},ce("h2",{},"Sign in"),ce("label",{},"API key ",t),ce("button",{type:"submit"},"Open dashboard"));rp(e,n)}
function bt(){const e=document.getElementById("root"),t=ce("header",{}),n=ce("main",{});rp(e,ce("h1",{},"DataSync Analytics"),t,n);vH(t);if(!Ak())return vL(n);const[r,o,i,a]=["tiles","events","bulk","feed"].map(s=>ce("section",{id:s}));rp(n,r,ce("h2",{},"Events"),o,i,ce("h2",{},"Live Feed"),a);return Promise.allSettled([vS(r),vE(o,s=>vB(i,s)),$feed_start$])}
bt();$exports$
