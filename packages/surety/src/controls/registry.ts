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
  { ref: { id: 'backup/alerts', version: '0.1.0', digest: '1f68a9002fc4d7885e3538fee208f3c02a7c28e584e433037f44c0696ccd938c' }, control: alerts },
  { ref: { id: 'backup/complete', version: '0.1.0', digest: 'd49d6fd42ef8ae037004795f0cd62458ef1cd6c5e877b03a3dc452edd4411c9a' }, control: complete },
  { ref: { id: 'backup/configured', version: '0.1.0', digest: '9f5735f8e541a4a8ddeaa9aa3a105cc581a6842b6ab42e69f46b95c298ffd114' }, control: configured },
  { ref: { id: 'backup/encrypted', version: '0.1.0', digest: 'c7f9b22041a0bebdff5ac7b1ef8f736ad5c68d493d73ff382ef6d80c0d2c4f5b' }, control: encrypted },
  { ref: { id: 'backup/fresh', version: '0.1.0', digest: '2a4e06573778dd6b4d93b5d9e4f70a64e33f6b04f5e9a7897b2e30469dbd7928' }, control: fresh },
  { ref: { id: 'backup/immutable', version: '0.1.0', digest: '2ce0ccfd5f48454d8a7f1abe0b57e6f2b8ef661d95dd9871f520a817aca6d5a6' }, control: immutable },
  { ref: { id: 'backup/intact', version: '0.1.0', digest: 'f3c3d33d3b1a2c02719c3d594ae5d69e82247bf105b9de21e3ff953e48f5c81d' }, control: intact },
  { ref: { id: 'backup/kept-30-days', version: '0.1.0', digest: 'b25bd02702ac535f08efa99875a81d087a9bcc21a7ff77e9cfdeb83fd3562858' }, control: kept30Days },
  { ref: { id: 'backup/offsite', version: '0.1.0', digest: '92174f4aeff8c9e46ca7b4b0661316be94a3c9078a7ba70253706f0b7f992c38' }, control: offsite },
  { ref: { id: 'backup/on-time', version: '0.1.0', digest: 'eb94437d816d3782d617a7378e1b170dccd88c6a0b27cfbf2796f2e712ff72c0' }, control: onTime },
  { ref: { id: 'backup/point-in-time', version: '0.1.0', digest: 'a8550664e6c659d66e776acfdca104716170e2d9c11170b7cba5f960c4af465f' }, control: pointInTime },
  { ref: { id: 'backup/production-size', version: '0.1.0', digest: '300df549db9deb14a6e0fb3978a8a0f4aaef9ad8e0cebeebf05096748bb29769' }, control: productionSize },
  { ref: { id: 'backup/restore-guarded', version: '0.1.0', digest: '1ea52dbc9e3f5f4694ba56bf41b168adf058bdb4fbc4a27d5b3bcf5c4a2b106d' }, control: restoreGuarded },
  { ref: { id: 'backup/restores', version: '0.1.0', digest: 'a4aa22ee97692672d43c0ba81b2beafc7869d29698b518cfe17e642e3a884137' }, control: restores },
  { ref: { id: 'backup/rpo', version: '0.1.0', digest: 'df49f2fbb24945ce30f7f0cbf6456480a5d71f6d6779a729235d594270931150' }, control: rpo },
  { ref: { id: 'backup/rto', version: '0.1.0', digest: 'fd548e67a73bb019a379c10c4e3afcfdb39f14ec746e5f06e0befa320dc0c660' }, control: rto },
  { ref: { id: 'backup/success-rate', version: '0.1.0', digest: 'ef6b042763083c4fda4e4a236687f4b626aa020b5349b8c9f5f88123fbc766b7' }, control: successRate },
  { ref: { id: 'container/non-root', version: '0.1.0', digest: '5828f8facc01e3a448ba1445d048520c889d6b3400e92ad75164cd79c22d9839' }, control: nonRoot },
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: 'eb712226c97f7234231603872ea8df19843a9212c9640f6d8ed858fe90403868' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: 'fa595d96b115979e649a11a401df60ae1ad2c043da8f61771105e4690a349dd6' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '0e1b6a5eb41386534638806230846b15cd4f898a65d1167fa2652a4b64bd5c43' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '8798049aa7d0c6a03bd6a739da4a3de6d6d1f80841e8fbaea4f62584334d446f' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/audit-sampled', version: '0.1.0', digest: '6258260cc294b6b08ae8b40eb863a961fb2e708e427ee2a7d684fb7a2d4c4d03' }, control: auditSampled },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '450184572e44b1ffc5e5bc0f309e7d86db5f48ceb3055502ba37464e1dead2bd' }, control: contextPerRequest },
  { ref: { id: 'tenancy/covert-channels', version: '0.1.0', digest: '28b93e1cc99bf66c287f26854958a63b4203697186e3b28a8e9c57c23f2d0f8b' }, control: covertChannels },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: '283581a389650a72e00414dc2d80e5f372da54443cf487406791920af2c7e36d' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: '608ef32ec46dd70adcc7042b2da11a0a044bc0e58c99b6b40f3c6f4791bb6a47' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: '14d9d4c3a426975624b05ba433ba63241a6f24ad53b25351e99439dfbb2f5a6c' }, control: isolated },
  { ref: { id: 'tenancy/isolation-tested-in-ci', version: '0.1.0', digest: '61d2cbfd63ea342f97ea741f38084305cc90601ee72ab64f7f734755ee5e9e93' }, control: isolationTestedInCi },
  { ref: { id: 'tenancy/no-bypass', version: '0.1.0', digest: '78a0582087656a77810b3e4a3a0e58d71d30b63e15b77473819b4794d3c747d0' }, control: noBypass },
  { ref: { id: 'tenancy/policies-cheap', version: '0.1.0', digest: 'a33d0301d4377fbc98a463554e597f8b95e2ee6033e31d210fc73b0a3fd1a30d' }, control: policiesCheap },
  { ref: { id: 'tenancy/server-patched', version: '0.1.0', digest: 'f174f019e488c2911ce19654e874ce344a45c89a338f8b8c4630ba7ee4e7117b' }, control: serverPatched },
];
