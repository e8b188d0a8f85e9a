// Written by `npm run generate` from the folder; edit the files it lists, not this one.

import type { RegisteredControl } from '../core/run.ts';
import securityHeaders from './application/security-headers.ts';
import encrypted from './backup/encrypted.ts';
import fresh from './backup/fresh.ts';
import intact from './backup/intact.ts';
import kept30Days from './backup/kept-30-days.ts';
import offsite from './backup/offsite.ts';
import onTime from './backup/on-time.ts';
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
  { ref: { id: 'backup/encrypted', version: '0.1.0', digest: 'fa734530d49de12740263b921615cd66a7218a33343b5f556a9e73746343fdf8' }, control: encrypted },
  { ref: { id: 'backup/fresh', version: '0.1.0', digest: '86ca53c999b5f2411cfcf08c0951d200763f8bd51d3351177f83f7c1ef5f7fa3' }, control: fresh },
  { ref: { id: 'backup/intact', version: '0.1.0', digest: '031ea65e21a5ef68cb6a7d53f94d2aad7d4cfdc87573cb1a503ec88cd57e11e8' }, control: intact },
  { ref: { id: 'backup/kept-30-days', version: '0.1.0', digest: '6308ffac12de164616e2988a24f8302a257db70d05d7dea0572f97c423e669dd' }, control: kept30Days },
  { ref: { id: 'backup/offsite', version: '0.1.0', digest: '109a02e718036404d4fc4a92f36933d1827d82c78bf804dd888ad8ed777f35a0' }, control: offsite },
  { ref: { id: 'backup/on-time', version: '0.1.0', digest: '1aad6e5984746aff200ee5e849066326b4412431f7b80d831e046dda19cb0b9a' }, control: onTime },
  { ref: { id: 'backup/success-rate', version: '0.1.0', digest: '2bdbb9c3ef938694bd8de71d40c20aed20bab130346f6d3af3ea5621b1785fe0' }, control: successRate },
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
