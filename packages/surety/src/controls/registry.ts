// Written by `npm run generate` from the folder; edit the files it lists, not this one.

import type { RegisteredControl } from '../core/run.ts';
import securityHeaders from './application/security-headers.ts';
import alerts from './backup/alerts.ts';
import complete from './backup/complete.ts';
import configured from './backup/configured.ts';
import encrypted from './backup/encrypted.ts';
import fresh from './backup/fresh.ts';
import immutable from './backup/immutable.ts';
import intact from './backup/intact.ts';
import kept30Days from './backup/kept-30-days.ts';
import offsite from './backup/offsite.ts';
import onTime from './backup/on-time.ts';
import pointInTime from './backup/point-in-time.ts';
import productionSize from './backup/production-size.ts';
import restoreGuarded from './backup/restore-guarded.ts';
import restores from './backup/restores.ts';
import rpo from './backup/rpo.ts';
import rto from './backup/rto.ts';
import successRate from './backup/success-rate.ts';
import nonRoot from './container/non-root.ts';
import rolesSeparated from './database/roles-separated.ts';
import runbooks from './monitoring/runbooks.ts';
import tls from './network/tls.ts';
import envFilesIgnored from './secrets/env-files-ignored.ts';
import auditSampled from './tenancy/audit-sampled.ts';
import contextPerRequest from './tenancy/context-per-request.ts';
import covertChannels from './tenancy/covert-channels.ts';
import everyTableCovered from './tenancy/every-table-covered.ts';
import failsClosed from './tenancy/fails-closed.ts';
import isolated from './tenancy/isolated.ts';
import isolationTestedInCi from './tenancy/isolation-tested-in-ci.ts';
import noBypass from './tenancy/no-bypass.ts';
import policiesCheap from './tenancy/policies-cheap.ts';
import serverPatched from './tenancy/server-patched.ts';

/** Every control, with the digest of the code that a proof is made with. */
export const controls: readonly RegisteredControl[] = [
  { ref: { id: 'application/security-headers', version: '0.1.0', digest: '4cad33ccc3bc38ae6518c32648d82009e8ed9364888ea8c44370340d2767f357' }, control: securityHeaders },
  { ref: { id: 'backup/alerts', version: '0.1.0', digest: '6139393a5a2d52587bcdd744c83c9822caf1f2c630b1c4cc8ea00c8c5d4ee173' }, control: alerts },
  { ref: { id: 'backup/complete', version: '0.1.0', digest: '7616c1ca5bd0d6eb0868d9c7ce9404fdffcfb5e551ee60cae00e9a609552168a' }, control: complete },
  { ref: { id: 'backup/configured', version: '0.1.0', digest: '180762dd0a57b2955bc23c259f146d9b6ef39d975e7ed4ffdb15cfb4a9eb7907' }, control: configured },
  { ref: { id: 'backup/encrypted', version: '0.1.0', digest: '47f8faed1e490eea0011821d10d963a448014e69ada732e69b04bca93b304d70' }, control: encrypted },
  { ref: { id: 'backup/fresh', version: '0.1.0', digest: 'b807539002276ffc9d8d04ea0a7a67009110fc309edfcc02724db33d376e9e52' }, control: fresh },
  { ref: { id: 'backup/immutable', version: '0.1.0', digest: 'a71c791bbb103dc589383b8040dfec64f7c73b4e992656b34faff9f1b972572c' }, control: immutable },
  { ref: { id: 'backup/intact', version: '0.1.0', digest: '90dd4e4e01848ca92a24d96d4648e6844594a8db34bff09e8f8c6ced40e8adf3' }, control: intact },
  { ref: { id: 'backup/kept-30-days', version: '0.1.0', digest: 'a583b53f855620012be434d3df559b453a9e1b90d5f74df990e33c2895c1d2be' }, control: kept30Days },
  { ref: { id: 'backup/offsite', version: '0.1.0', digest: 'd5128a54d5e540d2602350c7f3e654690fea960b44de8fd07e787456dcbde395' }, control: offsite },
  { ref: { id: 'backup/on-time', version: '0.1.0', digest: 'c02c82d447d4cfd28630253c660377c97e5c38495b98a257e716ffde3607312f' }, control: onTime },
  { ref: { id: 'backup/point-in-time', version: '0.1.0', digest: '3327c6966015e2258e2c7ab2e9df10645767a46de513e01de26bf374129c8120' }, control: pointInTime },
  { ref: { id: 'backup/production-size', version: '0.1.0', digest: '89df93dc2af36aa8f5d6bed42dd79267fdc5b679f2ae118611e8f865f3849c0d' }, control: productionSize },
  { ref: { id: 'backup/restore-guarded', version: '0.1.0', digest: 'dad2cc76fa34bf1e66c0118da93911a38a92999dc928c98e6d404781ffbfdade' }, control: restoreGuarded },
  { ref: { id: 'backup/restores', version: '0.1.0', digest: '3e2cc1d5014ae22154cfe3a7a8d2ce5e83cc1fbf7812ddab23e8a32ea19eaf80' }, control: restores },
  { ref: { id: 'backup/rpo', version: '0.1.0', digest: 'ac03e0123799cb96e2c4de6b1ec4f8e7a31686b864010934ab752130d6820bb0' }, control: rpo },
  { ref: { id: 'backup/rto', version: '0.1.0', digest: 'b4911ace5b2bf997e0f04ae9b037f9ada66319963eacd27237d5ee4a0020742c' }, control: rto },
  { ref: { id: 'backup/success-rate', version: '0.1.0', digest: '83ab01d5313f0738446eef09d6d79725b1e4c3e0c189a3a314630c6c813281b9' }, control: successRate },
  { ref: { id: 'container/non-root', version: '0.1.0', digest: '5828f8facc01e3a448ba1445d048520c889d6b3400e92ad75164cd79c22d9839' }, control: nonRoot },
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: 'c6ddddefdc167ee51542be58d83104b6a2cd82f4f3464e5125e8297f871b14f3' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: 'fa595d96b115979e649a11a401df60ae1ad2c043da8f61771105e4690a349dd6' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '0e1b6a5eb41386534638806230846b15cd4f898a65d1167fa2652a4b64bd5c43' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '8798049aa7d0c6a03bd6a739da4a3de6d6d1f80841e8fbaea4f62584334d446f' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/audit-sampled', version: '0.1.0', digest: '0e970470b5055c92cbe5c10b8fb9d6abde3c85c508661085827fca0d821b95c4' }, control: auditSampled },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '05500e7e9c3e3c61699f0bb5bdf21ca6c55e8a1a5d782054d95b0f279b4fbf7b' }, control: contextPerRequest },
  { ref: { id: 'tenancy/covert-channels', version: '0.1.0', digest: 'cfef417a518a4c3449631f2aca56beaae638490daef3f35c85f1f300173b44b1' }, control: covertChannels },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: 'fd263c19990c31069a42f9aff9014781cedba3a60d1800eb54d8a494eb585d8d' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: 'd107e4fa1625e8fb8891db241f513ae26d80adaff50ccb05d5b75ad7f73478e0' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: '485a87272be43941e2fccd7af8cb46ee8b8dd25a400d7cf8d417ba0700541407' }, control: isolated },
  { ref: { id: 'tenancy/isolation-tested-in-ci', version: '0.1.0', digest: '61d2cbfd63ea342f97ea741f38084305cc90601ee72ab64f7f734755ee5e9e93' }, control: isolationTestedInCi },
  { ref: { id: 'tenancy/no-bypass', version: '0.1.0', digest: 'a08edb3949b4771c3f948a9b3a6174d7ee7de6f13f62607ac26485136ecebc43' }, control: noBypass },
  { ref: { id: 'tenancy/policies-cheap', version: '0.1.0', digest: 'c9bbb89dad194274454d22ae6a5618f3fc9b28513c85fedc5b47b4b507aac9a1' }, control: policiesCheap },
  { ref: { id: 'tenancy/server-patched', version: '0.1.0', digest: 'ead442d25367cef5477068c68382b5258ecdae2e1c91191e7773ad2478c43fb1' }, control: serverPatched },
];
