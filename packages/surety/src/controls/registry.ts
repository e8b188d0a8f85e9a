// Written by `npm run generate` from the folder; edit the files it lists, not this one.

import type { RegisteredControl } from '../core/run.ts';
import securityHeaders from './application/security-headers.ts';
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
  { ref: { id: 'backup/complete', version: '0.1.0', digest: 'c191ff8126927d52d90327daae2144f487a7dbe08c82dcd3e1d51e905ed719df' }, control: complete },
  { ref: { id: 'backup/configured', version: '0.1.0', digest: '480267b19009d9b1541db2e9fdcb5f4fe204a918419ff69d01990b6a2241b02a' }, control: configured },
  { ref: { id: 'backup/encrypted', version: '0.1.0', digest: 'ca423e9735dff792447da191bfb2d0dbbc2714a415b59f4988b4db10dc51ae82' }, control: encrypted },
  { ref: { id: 'backup/fresh', version: '0.1.0', digest: 'a7663d199b52d8b4ac81e9ab3e09feb685c85df59e420e2946aff84461be1519' }, control: fresh },
  { ref: { id: 'backup/immutable', version: '0.1.0', digest: '85383ec806641ab064eb407c7f51087c5fdd304f7b57c2c8dacbd5df95984f7d' }, control: immutable },
  { ref: { id: 'backup/intact', version: '0.1.0', digest: '5bae8225397508e3f1ae2363c30964036ff2537ce9f5aa24a7cfa859b9713f82' }, control: intact },
  { ref: { id: 'backup/kept-30-days', version: '0.1.0', digest: '11ec7c1a0609c9dfc9ef515bb370145a7d3820ebad98943e4e43e5d5f54c67e5' }, control: kept30Days },
  { ref: { id: 'backup/offsite', version: '0.1.0', digest: 'e5646c9166b1f0dd660117b4fc0018ea4fd97a6eda0b39d7830d0890b349b0dc' }, control: offsite },
  { ref: { id: 'backup/on-time', version: '0.1.0', digest: '8f32be27bdeb70a05a32b93cd05fbac04f06e0bad4c83b7e4dad653eea169354' }, control: onTime },
  { ref: { id: 'backup/point-in-time', version: '0.1.0', digest: '193a9cf7aaa1ae44480909581a96b53284f1372304e03804c1bee2ed2b834506' }, control: pointInTime },
  { ref: { id: 'backup/production-size', version: '0.1.0', digest: '7d5a2d024c91c72772121803d0fb6fef49464fdf23ac0d108702c11b1262bc38' }, control: productionSize },
  { ref: { id: 'backup/restores', version: '0.1.0', digest: '2a3552eb8ae5d1eb12dcd6c49ee6752287a8772b4a993cf28672a958beed0844' }, control: restores },
  { ref: { id: 'backup/rpo', version: '0.1.0', digest: '19b5b7a9827a7439be377a453f98ebb6d72a3604c52d91c3c99cf33f32b7a193' }, control: rpo },
  { ref: { id: 'backup/rto', version: '0.1.0', digest: 'df6b0583637aad6f6a4ad76065fd8727df191ab836a5650403eac2eb906c0164' }, control: rto },
  { ref: { id: 'backup/success-rate', version: '0.1.0', digest: '9505923a51cf925fb74a0e7715ac5bcd9bc69fd489974943c8bece729acb8014' }, control: successRate },
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
