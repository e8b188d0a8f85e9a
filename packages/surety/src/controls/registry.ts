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
  { ref: { id: 'backup/complete', version: '0.1.0', digest: '734cbe9c67f85d6c5cdf3ec33cbb628cda2b4ef50b1d3483db84645e5a7823d8' }, control: complete },
  { ref: { id: 'backup/configured', version: '0.1.0', digest: '3d7eae6d258ed6aa39617c3b8dfcb7667ca0362d142b220fe5e4308569cc9eb4' }, control: configured },
  { ref: { id: 'backup/encrypted', version: '0.1.0', digest: '307d52acc18c456e086d00b76b299d425edb6708ba53ec8c6d9b5a37c84a0ae4' }, control: encrypted },
  { ref: { id: 'backup/fresh', version: '0.1.0', digest: '56d2b69f75066c73732694d99260692c465e2f6d2fd16f71a54dd8041c2f7fa2' }, control: fresh },
  { ref: { id: 'backup/immutable', version: '0.1.0', digest: '406f0ca64651de72b5af62fdf2a6a7987fe48242d495deaab1615f4c33ef8964' }, control: immutable },
  { ref: { id: 'backup/intact', version: '0.1.0', digest: '7499524625069cabbda9ffdb7ce3ce09dac44a63df3ce0fa2b79a8d4bf7919c6' }, control: intact },
  { ref: { id: 'backup/kept-30-days', version: '0.1.0', digest: 'b8d4cdb2bc8fd51dea4ad3e4f44a14a2c6a56e9b7a04356ca6d72f75a9c71649' }, control: kept30Days },
  { ref: { id: 'backup/offsite', version: '0.1.0', digest: '7484a4ee2ab8cb88520512284be3cb0815e40bc01b69b5feddd43e0f35f4650b' }, control: offsite },
  { ref: { id: 'backup/on-time', version: '0.1.0', digest: 'bc62c486256b2980ad5144798cdbe07b24df575d87ad25c4b43f27b5759ba6bd' }, control: onTime },
  { ref: { id: 'backup/point-in-time', version: '0.1.0', digest: '3fd7e9e853cc7ec56683ec56d68cdca69f44aea15d36e64f8ed5d8b5d52e2e7c' }, control: pointInTime },
  { ref: { id: 'backup/production-size', version: '0.1.0', digest: '386efbcb61e5a80390d7f88550e09dd70c21611cc4e5462a5d5301a596710dfd' }, control: productionSize },
  { ref: { id: 'backup/restore-guarded', version: '0.1.0', digest: 'aac7b0e1b7233983ddba392d6923aedfa4f5e6c61418a3fa6cb0b6d54850d7c1' }, control: restoreGuarded },
  { ref: { id: 'backup/restores', version: '0.1.0', digest: '3de104c453ac9dc0cbb8d2db99ea79f6fab319fc448447146d07437b8499f10b' }, control: restores },
  { ref: { id: 'backup/rpo', version: '0.1.0', digest: '82ae8e7ae4e93020cd131123b93a048263f7e0dab934200bd2e5f193164023bd' }, control: rpo },
  { ref: { id: 'backup/rto', version: '0.1.0', digest: '065980b9daeb0459b1ad6a906815619d8704aaf38550a0014b2dfa6b575710f6' }, control: rto },
  { ref: { id: 'backup/success-rate', version: '0.1.0', digest: '79f238401986f3996cf2b48c10769fef8199482141895a51e5e3939ffcc900d6' }, control: successRate },
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
