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
  { ref: { id: 'backup/alerts', version: '0.1.0', digest: '0c6bd10e814ee5b179c6cf0f7bdaf4fe68066a3eb60cb8e66c14766286e0a453' }, control: alerts },
  { ref: { id: 'backup/complete', version: '0.1.0', digest: '2d34fb31bc38f2eee1d0ef086d679d45f4cd944a1e3c49e9b6bfac26e614c5bf' }, control: complete },
  { ref: { id: 'backup/configured', version: '0.1.0', digest: 'dacb268e8e89dfab6665909414aea4583e393c8f37f4e851dd2215640c13425d' }, control: configured },
  { ref: { id: 'backup/encrypted', version: '0.1.0', digest: 'b9d512a1d3dcefedd946251703c0ba0fb08450976c49ec7931dcec8f7b0ca058' }, control: encrypted },
  { ref: { id: 'backup/fresh', version: '0.1.0', digest: '704295476b29eba52ab1c8228bd61cb0b0ea36372fbe7d12b19340271ef65452' }, control: fresh },
  { ref: { id: 'backup/immutable', version: '0.1.0', digest: 'e16e3418dcba2f28e1c9cdb53da6dce152244d8b6fe01fffba904a386685459b' }, control: immutable },
  { ref: { id: 'backup/intact', version: '0.1.0', digest: '7f645975aa3617e0fd35261888644bbbc55667e9096b5c9566c46e744b5f915e' }, control: intact },
  { ref: { id: 'backup/kept-30-days', version: '0.1.0', digest: 'a0943e04bff096c77383db36d8c6946bd276d4e9f09286624ee82b5656eea7c2' }, control: kept30Days },
  { ref: { id: 'backup/offsite', version: '0.1.0', digest: 'd6bfe787d1ff17c6a4e5911262c459fc71534726a22d3dd9515c534ac0c0ca21' }, control: offsite },
  { ref: { id: 'backup/on-time', version: '0.1.0', digest: '9f8a982bbba01b76abd5537078407573d1d08cc0c5a04dfe559ee2b41f2898ae' }, control: onTime },
  { ref: { id: 'backup/point-in-time', version: '0.1.0', digest: '0b5702f70c77426ee7ce8032a4ac4cc368f2b1ff77c788a254383261876b5516' }, control: pointInTime },
  { ref: { id: 'backup/production-size', version: '0.1.0', digest: 'af79b5d870081d42273e260469f4acf3549943476f9a86d4e31c2ac14794aaa7' }, control: productionSize },
  { ref: { id: 'backup/restore-guarded', version: '0.1.0', digest: 'e5ef2ea3142780a72f15b66f70ac0df8f1ba8a2d504337426b10d72d011cc4e0' }, control: restoreGuarded },
  { ref: { id: 'backup/restores', version: '0.1.0', digest: '56aa5757978e8183d322aab90accfbd43b9e0697edb33950d503650b2b11970f' }, control: restores },
  { ref: { id: 'backup/rpo', version: '0.1.0', digest: '8de60cfb524b6dd69aa2da8ddd96cf6dd97e4eef39ed14383a03025b5f919d1c' }, control: rpo },
  { ref: { id: 'backup/rto', version: '0.1.0', digest: '0361f8e3bf9a733e81d807d28d046a8f9584f07d47e5dd9a90dbde43f0f9f272' }, control: rto },
  { ref: { id: 'backup/success-rate', version: '0.1.0', digest: '946bdae48c9de241e7867bcc0c3b215642175018bd9ccb2ef5e610b519d80bc6' }, control: successRate },
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
