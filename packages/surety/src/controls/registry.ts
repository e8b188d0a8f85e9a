// Written by `npm run generate` from the folder; edit the files it lists, not this one.

import type { RegisteredControl } from '../core/run.ts';
import securityHeaders from './application/security-headers.ts';
import encrypted from './backup/encrypted.ts';
import fresh from './backup/fresh.ts';
import immutable from './backup/immutable.ts';
import intact from './backup/intact.ts';
import kept30Days from './backup/kept-30-days.ts';
import offsite from './backup/offsite.ts';
import onTime from './backup/on-time.ts';
import pointInTime from './backup/point-in-time.ts';
import productionSize from './backup/production-size.ts';
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
  { ref: { id: 'backup/encrypted', version: '0.1.0', digest: 'bfedae46cd1184b93bf31fdc33d74a1696392189a183d3c553d0038f2f71b6e5' }, control: encrypted },
  { ref: { id: 'backup/fresh', version: '0.1.0', digest: '7318569852e2f1a5c0216920e8329520b798ab043f1dc02823c0451523aea808' }, control: fresh },
  { ref: { id: 'backup/immutable', version: '0.1.0', digest: '95c5578cb9487a629168e3d95cce4a182403d27772959a07bcb2943288cee9da' }, control: immutable },
  { ref: { id: 'backup/intact', version: '0.1.0', digest: 'bb6d00fd7c82ad4ab493ace47ca2a18578fc2655cf465bfe5e310b30f565145c' }, control: intact },
  { ref: { id: 'backup/kept-30-days', version: '0.1.0', digest: 'df3c26660469480b27f5c17862d96fc41bb88eafc58d751687a263bd2ecafd6c' }, control: kept30Days },
  { ref: { id: 'backup/offsite', version: '0.1.0', digest: '004ba85ab7170fd1742b3cd0ce46f17519df2d71f32de9e1799a3e962734e97d' }, control: offsite },
  { ref: { id: 'backup/on-time', version: '0.1.0', digest: 'bf2fd2dd01aa17d4ffd7d73b67e238f4fe3cf8295adc2ffc3260cb293439c0df' }, control: onTime },
  { ref: { id: 'backup/point-in-time', version: '0.1.0', digest: '5e9f25e264803ae692e50bf44fcce35795d5a773a0e0d49c2530a7675e8104d7' }, control: pointInTime },
  { ref: { id: 'backup/production-size', version: '0.1.0', digest: 'fe0bfc57aec604944ab3380da6291617380f662548994655eaa0e457a00adfea' }, control: productionSize },
  { ref: { id: 'backup/rpo', version: '0.1.0', digest: '21072ecb997996833d7b4da700fb2fb093fe8f80e6bb182a56d594263a3a0ca8' }, control: rpo },
  { ref: { id: 'backup/rto', version: '0.1.0', digest: 'e58c2edd070697a582e53b5037b2b85596217fcd2e747ceca3ed94105d0b5c19' }, control: rto },
  { ref: { id: 'backup/success-rate', version: '0.1.0', digest: 'a8000fc040e999351c9e0184d3b311da606756392309a9482e54779b3724f4a9' }, control: successRate },
  { ref: { id: 'container/non-root', version: '0.1.0', digest: '5828f8facc01e3a448ba1445d048520c889d6b3400e92ad75164cd79c22d9839' }, control: nonRoot },
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: 'c23822757baced2a2ee88c061d4b0d890cc91d3cbb5b583ba239783089efadd7' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: 'fa595d96b115979e649a11a401df60ae1ad2c043da8f61771105e4690a349dd6' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '0e1b6a5eb41386534638806230846b15cd4f898a65d1167fa2652a4b64bd5c43' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '8798049aa7d0c6a03bd6a739da4a3de6d6d1f80841e8fbaea4f62584334d446f' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/audit-sampled', version: '0.1.0', digest: 'bfdc96a85e02b622e62805817a9c182396dff91a11dd332503546bcd98812f10' }, control: auditSampled },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '940540b0d68880541bfaa24b0200c42d80c98fb284e33b587834402db2500f6f' }, control: contextPerRequest },
  { ref: { id: 'tenancy/covert-channels', version: '0.1.0', digest: '202cedfee930fb6620112e817e22e677cebe46494f74ca222bc7b6e9a3d79921' }, control: covertChannels },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: '9cd3cde51b6a36985b0b1e6747cc6c8e8c23fd236b1f09892ea78c67cd835848' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: '74e21c25bae7695d2cf06987a6f92f9e230991c5ced32c6b7574c5febb1b8531' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: '3a808e00c6876d3af8f9f20bbdafadb493410784662d77c0f478305e5190ff5b' }, control: isolated },
  { ref: { id: 'tenancy/isolation-tested-in-ci', version: '0.1.0', digest: '61d2cbfd63ea342f97ea741f38084305cc90601ee72ab64f7f734755ee5e9e93' }, control: isolationTestedInCi },
  { ref: { id: 'tenancy/no-bypass', version: '0.1.0', digest: '312a61675499e0b205621aa453411c95f73d2019ec55eef41c19d180fad4c4fe' }, control: noBypass },
  { ref: { id: 'tenancy/policies-cheap', version: '0.1.0', digest: '76e751da5117ab076e4a3c3715ba066f5f949dbe52d897ebe274c536a8013baa' }, control: policiesCheap },
  { ref: { id: 'tenancy/server-patched', version: '0.1.0', digest: '1c6590d43e2dc47db9fc764ec5b99facdd27138389ea1e8cb24f306ecdbfd9e2' }, control: serverPatched },
];
