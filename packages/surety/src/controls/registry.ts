// Written by `npm run generate` from the folder; edit the files it lists, not this one.

import type { RegisteredControl } from '../core/run.ts';
import securityHeaders from './application/security-headers.ts';
import complete from './backup/complete.ts';
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
  { ref: { id: 'backup/complete', version: '0.1.0', digest: '8e8f341a3a5fcded6e3acc7efb03c76453a97b54447dedb66c4daeb80e136422' }, control: complete },
  { ref: { id: 'backup/encrypted', version: '0.1.0', digest: '1b8dc206118669a192d6d42c0a7cbe1aba12ba48d54301880b542e11fdda1fbc' }, control: encrypted },
  { ref: { id: 'backup/fresh', version: '0.1.0', digest: '2c2209aa85a12fc4bd1b592b38a368ae5eaf27114482d7d8ca251c00f3de3209' }, control: fresh },
  { ref: { id: 'backup/immutable', version: '0.1.0', digest: '17e77137db6032d1b09f0e354d7bd2fcc4f0f969d875a7001ee357f4ec641fa3' }, control: immutable },
  { ref: { id: 'backup/intact', version: '0.1.0', digest: '26c3d33a65dc015385e86b66ef52128a8acdaf8d182bf61fa38709f38566d2b2' }, control: intact },
  { ref: { id: 'backup/kept-30-days', version: '0.1.0', digest: '1fbee6988b1dddf9145b7716cf0c0eddf373473da66729978e00b335b82be4d1' }, control: kept30Days },
  { ref: { id: 'backup/offsite', version: '0.1.0', digest: 'e5932b3e733096c7a858537beb7313f0a5671fd3c945f6f54e5c1fa4bf3da08f' }, control: offsite },
  { ref: { id: 'backup/on-time', version: '0.1.0', digest: '9827c077b1ec48abae4065c8bda663771a264c4c6a50110d52f77972ce9b26b4' }, control: onTime },
  { ref: { id: 'backup/point-in-time', version: '0.1.0', digest: '8e7d98d12c1e98705442b5f3e8112db68aa9614c13cc99059c9c8ec6edc4a92b' }, control: pointInTime },
  { ref: { id: 'backup/production-size', version: '0.1.0', digest: 'afbc3ef1468410905c23f4afb69efe6fb6a848372c528f8c2263fc41ec03e768' }, control: productionSize },
  { ref: { id: 'backup/restores', version: '0.1.0', digest: '6774921119e05369c599f0b5295dda1dbbc86f89b56b3e50a28e11bc6386be83' }, control: restores },
  { ref: { id: 'backup/rpo', version: '0.1.0', digest: '6ace3dd2897735ff757941c07c8f8762315bfb35afd0e880188f5353ac4ad879' }, control: rpo },
  { ref: { id: 'backup/rto', version: '0.1.0', digest: '79a900d05cdaba54391862009d090005d5a7fc3cf3caedf631d4e11defbbb60c' }, control: rto },
  { ref: { id: 'backup/success-rate', version: '0.1.0', digest: 'b550979e5695d722f3e59002917881cd400c37d64b70f331437ad5fa9d6a2db5' }, control: successRate },
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
