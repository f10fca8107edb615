async function wr(e,t={}){const n=Ak(),r={...t.headers};n&&(r[jX]=$key_value$);const o=await fetch(e,{...t,headers:r});if(!o.ok)throw new Ec(o.status,o.statusText);return o.blob()}
