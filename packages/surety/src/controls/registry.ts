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
  { ref: { id: 'backup/alerts', version: '0.1.0', digest: 'a030695560ef70608d1cf1bc250f29f18bffb4876b336a4dc77679b5d288bef4' }, control: alerts },
  { ref: { id: 'backup/complete', version: '0.1.0', digest: 'd74b133509f810d55bc32bc94d0b7df8a8df396a2565867f1891e5d3e24b972b' }, control: complete },
  { ref: { id: 'backup/configured', version: '0.1.0', digest: '9aa82e2799241f0a797cc83cde2ce541ca2d30c5560f6724a37de88fad3d855f' }, control: configured },
  { ref: { id: 'backup/encrypted', version: '0.1.0', digest: 'c5568c9f7c76a68f7c2c43e9807f26f9121bd4a8eb08183bee9467b508b70fc8' }, control: encrypted },
  { ref: { id: 'backup/fresh', version: '0.1.0', digest: 'f6fd66156d4fe585256df75de6e007461587349ad4d32e3d93b3d54cf8adadd2' }, control: fresh },
  { ref: { id: 'backup/immutable', version: '0.1.0', digest: 'c856371ece85be6d051ace11842aa6e3e7a0a107688e29667de4840a3efeb1a2' }, control: immutable },
  { ref: { id: 'backup/intact', version: '0.1.0', digest: '1b0e3123fbd0bb858efda7633d9d8e7dc675cabed8e69d6b8a5add24f204c199' }, control: intact },
  { ref: { id: 'backup/kept-30-days', version: '0.1.0', digest: '4e529e41a6f68da136a7ea7750aec8e83c3b41cfb70ba85977015925a4de2770' }, control: kept30Days },
  { ref: { id: 'backup/offsite', version: '0.1.0', digest: '78ad8407f5eb64044a3c2b16ce99acb4dcf3b8061f7d526d188a8b697cc38663' }, control: offsite },
  { ref: { id: 'backup/on-time', version: '0.1.0', digest: '24bd4f49e482c8fc5d87af7ac9bc481f0621323e03fd8e4a560a3d17c38a5800' }, control: onTime },
  { ref: { id: 'backup/point-in-time', version: '0.1.0', digest: 'e618b2b54fc83387c2cdee1e4a724425fb2a640853e5aa0c2d4330e06a91601f' }, control: pointInTime },
  { ref: { id: 'backup/production-size', version: '0.1.0', digest: '088c2772737cc1fa163de23a756fdc12942ee95a872b9859965ea98a3c5c1828' }, control: productionSize },
  { ref: { id: 'backup/restore-guarded', version: '0.1.0', digest: 'd13a78d82ed2e1e22f548753be7b403c693fd9b04a72ad53ce123d78b63cb8f4' }, control: restoreGuarded },
  { ref: { id: 'backup/restores', version: '0.1.0', digest: '97d07b5dbed43ce15659d7f9ab72f4d4e17e6cef43b04de1a0c8a7e19b48adff' }, control: restores },
  { ref: { id: 'backup/rpo', version: '0.1.0', digest: 'a9442a555f51df431c99a33bd8d04f1e8ffe125ab28acf556ab5f1a0ddb81bee' }, control: rpo },
  { ref: { id: 'backup/rto', version: '0.1.0', digest: '03963959d8823f774ab642f923365bdb5eb0f7058810f440655905cccdbed833' }, control: rto },
  { ref: { id: 'backup/success-rate', version: '0.1.0', digest: '5fc26a9b7a179600b93f0d0af2e4e918ccbfbab01b16187aa590fe56883e7bf3' }, control: successRate },
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
