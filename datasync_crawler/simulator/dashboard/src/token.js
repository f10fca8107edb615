let Fk=null,Fe=0;
async function Ta(){const e=Date.now();if(Fk&&e<Fe)return Fk;const{$access$:t}=await nt.streamAccess();return Fk=t,Fe=e+Math.max(0,(t.$expires$??Bc)*.8)*1e3,Fk}
