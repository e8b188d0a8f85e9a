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
  { ref: { id: 'backup/alerts', version: '0.1.0', digest: 'a61e5983fa8bb69949f34e58c5a95b92642fdf1398f7242047706adb07755729' }, control: alerts },
  { ref: { id: 'backup/complete', version: '0.1.0', digest: 'b8468dd465c7c6e914a3cf2aacffa4a2e62ffecd58a7fe2dd169ec4cca7e56ae' }, control: complete },
  { ref: { id: 'backup/configured', version: '0.1.0', digest: '37379a213a03b7084fd217cd039ecb9fb0981aea40dfffe2a3334217c1834d1f' }, control: configured },
  { ref: { id: 'backup/encrypted', version: '0.1.0', digest: '5601ee9c8e93b101a86166de87a303110b6ae50e4945874f34c91440b8fc3730' }, control: encrypted },
  { ref: { id: 'backup/fresh', version: '0.1.0', digest: 'f851410f8f6710f7f6b4b398f2c33cff5abd0b46b5b83ba43dc73f5f7ba13477' }, control: fresh },
  { ref: { id: 'backup/immutable', version: '0.1.0', digest: '33a3b9ef7a093ba33014b46a26a763094b829e030973697c6cbdf1e4ddb22acd' }, control: immutable },
  { ref: { id: 'backup/intact', version: '0.1.0', digest: '4401356b5d70a1d089e0b3ad7f4c012ed01a31088bab6346ff41a2029111ee8a' }, control: intact },
  { ref: { id: 'backup/kept-30-days', version: '0.1.0', digest: '54993a8755d188d1fce60054d46851ab9b8373cb85174c405d0be66ae76c9c33' }, control: kept30Days },
  { ref: { id: 'backup/offsite', version: '0.1.0', digest: '5ecb3d8ffa36d65588b6139617ae911db025c901f6cff6a137a7d1d82b391e06' }, control: offsite },
  { ref: { id: 'backup/on-time', version: '0.1.0', digest: '03377c5625c5868a0c3128469dc330e4725391eb883de31f4d28d2f8f635d924' }, control: onTime },
  { ref: { id: 'backup/point-in-time', version: '0.1.0', digest: '5cb15a6522cdcbd375eef1c8dd387df53c404c49165c3d8564684533052fafc0' }, control: pointInTime },
  { ref: { id: 'backup/production-size', version: '0.1.0', digest: '36127b29e6fc02c2079e3f2e720c8432825b34432b705bda3f7f9de2b7d00457' }, control: productionSize },
  { ref: { id: 'backup/restore-guarded', version: '0.1.0', digest: 'dafaf8db24f6eec867eda42feda9aa49a2e08da8a90de4de52c0e2beeb335e7b' }, control: restoreGuarded },
  { ref: { id: 'backup/restores', version: '0.1.0', digest: 'b057c329bbb9c8873df8abf30d34f2b59292809f4b5b16440a58773da8ecac68' }, control: restores },
  { ref: { id: 'backup/rpo', version: '0.1.0', digest: '96502e47e61217625f538af20bbb4882516d38f96669b1ca07ffa9f8d63320b4' }, control: rpo },
  { ref: { id: 'backup/rto', version: '0.1.0', digest: 'ff54012cfcc43940cb00cad9cb572e2d24f29b72f5a957e0e6373cb688b43118' }, control: rto },
  { ref: { id: 'backup/success-rate', version: '0.1.0', digest: 'd62844e64347b7b97b525e656d7da75e43bcff2790ce3d5b8a15c8e7636885f7' }, control: successRate },
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
