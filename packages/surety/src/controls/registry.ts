// Written by `npm run generate` from the folder; edit the files it lists, not this one.

import type { RegisteredControl } from '../core/run.ts';
import securityHeaders from './application/security-headers.ts';
import fresh from './backup/fresh.ts';
import intact from './backup/intact.ts';
import offsite from './backup/offsite.ts';
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
  { ref: { id: 'backup/fresh', version: '0.1.0', digest: '073d67dab91b5b112328946c3d0146129b36922005ce998aa1a4900258f392ca' }, control: fresh },
  { ref: { id: 'backup/intact', version: '0.1.0', digest: '4ad683553be483c6a940d7a196d3d634e2f484547328ae541a9a0d793b9d9421' }, control: intact },
  { ref: { id: 'backup/offsite', version: '0.1.0', digest: 'e1b7cd2107cb14ba49c87944ddead0d0f9d593055e4af638ff28785beeb2f8b1' }, control: offsite },
  { ref: { id: 'container/non-root', version: '0.1.0', digest: '5828f8facc01e3a448ba1445d048520c889d6b3400e92ad75164cd79c22d9839' }, control: nonRoot },
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: '80a349e2081dd227e1b83b323ec2636c35116a85180cb7cb67fb42683c2eec44' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: 'fa595d96b115979e649a11a401df60ae1ad2c043da8f61771105e4690a349dd6' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '0e1b6a5eb41386534638806230846b15cd4f898a65d1167fa2652a4b64bd5c43' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '8798049aa7d0c6a03bd6a739da4a3de6d6d1f80841e8fbaea4f62584334d446f' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/audit-sampled', version: '0.1.0', digest: '04abdbc3b782c468f3a4c722b274f76f5e1932904e26d559dc0f1da730ef4e24' }, control: auditSampled },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '3f18bd8ccd829c69de44bd19d1909ff3c9bcb27b47b66b47e18061389da5bafe' }, control: contextPerRequest },
  { ref: { id: 'tenancy/covert-channels', version: '0.1.0', digest: '49ef1e5bf761667a991c2634f27f66fcead54ab9bcf9e491b1f1a5704429f5aa' }, control: covertChannels },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: '5c14342981923b79e719f965364ee6627587044b8143dc417037f11feaebe149' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: '98bad672267854029fbd40de6a982cdbc47b8b90d0b778397f4efb7a3b957fe4' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: '5dbd857926cb6a098af3072675d2d1efcf305dc2f229eef6b292e9d951c81874' }, control: isolated },
  { ref: { id: 'tenancy/isolation-tested-in-ci', version: '0.1.0', digest: '61d2cbfd63ea342f97ea741f38084305cc90601ee72ab64f7f734755ee5e9e93' }, control: isolationTestedInCi },
  { ref: { id: 'tenancy/no-bypass', version: '0.1.0', digest: '14cea262779fc733ca5e0aea98cb1d3e6fbb3a462881cbe1463b26cdb9ef8ffc' }, control: noBypass },
  { ref: { id: 'tenancy/policies-cheap', version: '0.1.0', digest: '9505cccfc49bc8175d5403bddc5bf6e1b9927b2cdb368510264b2b2b8734ecf0' }, control: policiesCheap },
  { ref: { id: 'tenancy/server-patched', version: '0.1.0', digest: '9a01b2f146d1c5e0077d44a1b66de4388b09f3888d04317e0adbe846d754e345' }, control: serverPatched },
];
