// Written by `npm run generate` from the folder; edit the files it lists, not this one.

import type { RegisteredControl } from '../core/run.ts';
import securityHeaders from './application/security-headers.ts';
import encrypted from './backup/encrypted.ts';
import fresh from './backup/fresh.ts';
import intact from './backup/intact.ts';
import kept30Days from './backup/kept-30-days.ts';
import offsite from './backup/offsite.ts';
import onTime from './backup/on-time.ts';
import pointInTime from './backup/point-in-time.ts';
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
  { ref: { id: 'backup/encrypted', version: '0.1.0', digest: '9d1351ef6946408dc0e732c98b752c456c6d66c44301c4501f9f75b830097321' }, control: encrypted },
  { ref: { id: 'backup/fresh', version: '0.1.0', digest: '42dd496962b33e587f81832725997ab71242d15c4ba609b4df2ab76e8ffbdd62' }, control: fresh },
  { ref: { id: 'backup/intact', version: '0.1.0', digest: '7e51becaf5035ffb34e6a85f5f190182badfe4dc12fa14154b4eb4e9902821b3' }, control: intact },
  { ref: { id: 'backup/kept-30-days', version: '0.1.0', digest: '4f3db256ae8ca890f263f9680ea36329cdaa7c04c5a0c12d379aef0703412342' }, control: kept30Days },
  { ref: { id: 'backup/offsite', version: '0.1.0', digest: 'b444cff000b1d74f326ca0385efea6025af77a179f0458d9d61c57a4306ecf54' }, control: offsite },
  { ref: { id: 'backup/on-time', version: '0.1.0', digest: 'fb3bcb2ec279b48bd984e2d1affe9facf4b146ddcacd65aa70efcafaf423a635' }, control: onTime },
  { ref: { id: 'backup/point-in-time', version: '0.1.0', digest: 'c25c4c9e85e6a18ce4e0ac394f0c3a67585bc8cff15e35248477eab251b1157d' }, control: pointInTime },
  { ref: { id: 'backup/success-rate', version: '0.1.0', digest: '79cb994778a41546bbefb4f1fba8afd8a92dc6c0e00811cf1d43444c29a1be26' }, control: successRate },
  { ref: { id: 'container/non-root', version: '0.1.0', digest: '5828f8facc01e3a448ba1445d048520c889d6b3400e92ad75164cd79c22d9839' }, control: nonRoot },
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: '40ffb252a18865b158ab71e826228601b8b0eb3b9c83e2c7df89c1d5933dc24b' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: 'fa595d96b115979e649a11a401df60ae1ad2c043da8f61771105e4690a349dd6' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '0e1b6a5eb41386534638806230846b15cd4f898a65d1167fa2652a4b64bd5c43' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '8798049aa7d0c6a03bd6a739da4a3de6d6d1f80841e8fbaea4f62584334d446f' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/audit-sampled', version: '0.1.0', digest: 'ae39ee896c0b7b9c1d2531c81a8f85e1ad413a15587f97b6595603adfe52cc85' }, control: auditSampled },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '762bb57c1e30575c6159247cef75911370d16e4003c95f1f057989b1c27d1c77' }, control: contextPerRequest },
  { ref: { id: 'tenancy/covert-channels', version: '0.1.0', digest: '9b758d9b71f50dd0977edf84f123d822bc47d63d1649425a21dfa3a9af9b6214' }, control: covertChannels },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: 'b48700f7e59727e82fa520e3425b0a8449cd6941d1ee8665aadaa5286df84ebe' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: 'f79beed3b60186f8d1ddabf7ce5f5af217f1662e033e4262b9b692e4549cd30c' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: '83594540c775f49d53d02f1600591fc22d343267e8e2bacba7634525f88adbd5' }, control: isolated },
  { ref: { id: 'tenancy/isolation-tested-in-ci', version: '0.1.0', digest: '61d2cbfd63ea342f97ea741f38084305cc90601ee72ab64f7f734755ee5e9e93' }, control: isolationTestedInCi },
  { ref: { id: 'tenancy/no-bypass', version: '0.1.0', digest: 'e71c2a36558c18ae6024d273068d41c369baa5531c1cb4704c79e3b2105d7beb' }, control: noBypass },
  { ref: { id: 'tenancy/policies-cheap', version: '0.1.0', digest: 'd7f2eb759572312f32f48a0430cdc7cd1c85dd961284a40f49e407384705aec5' }, control: policiesCheap },
  { ref: { id: 'tenancy/server-patched', version: '0.1.0', digest: '0d0f4e3bd142608c3a065b4dc9d4400c8de125f2f328c77298c5142bdc6be176' }, control: serverPatched },
];
