// Written by `npm run generate` from the folder; edit the files it lists, not this one.

import type { RegisteredControl } from '../core/run.ts';
import securityHeaders from './application/security-headers.ts';
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
  { ref: { id: 'container/non-root', version: '0.1.0', digest: '5828f8facc01e3a448ba1445d048520c889d6b3400e92ad75164cd79c22d9839' }, control: nonRoot },
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: 'd48108a892a88a0b6bf066e714a6b5c15873c7c72af17250dbee397b9d03aac4' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: 'fa595d96b115979e649a11a401df60ae1ad2c043da8f61771105e4690a349dd6' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '0e1b6a5eb41386534638806230846b15cd4f898a65d1167fa2652a4b64bd5c43' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '8798049aa7d0c6a03bd6a739da4a3de6d6d1f80841e8fbaea4f62584334d446f' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/audit-sampled', version: '0.1.0', digest: '20a1ee9a69b35c8cb635f9729671a0f2a9febcf1077198159db0ddbd2e7330db' }, control: auditSampled },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '5c705c1415036a8d37775d14386e8ceb07d4bcfe3964b9d4ce22d65d19499ad8' }, control: contextPerRequest },
  { ref: { id: 'tenancy/covert-channels', version: '0.1.0', digest: '8446ee12c9edf4ff32cb8977aa59c8f2125934e91cda667d859de45cc8739bbe' }, control: covertChannels },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: '8066ea64ee67568d2a44922f9635b9830f7300428ff1248141d3c655f70c80c1' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: '4938fc5fa87331da5e6d114bf3d497044824499509baca3589460497c237e06c' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: '56aa2990e7a11349e3bfc67f9c05415bcb42a2409399dc143209cc3eeab117f8' }, control: isolated },
  { ref: { id: 'tenancy/isolation-tested-in-ci', version: '0.1.0', digest: '61d2cbfd63ea342f97ea741f38084305cc90601ee72ab64f7f734755ee5e9e93' }, control: isolationTestedInCi },
  { ref: { id: 'tenancy/no-bypass', version: '0.1.0', digest: '221ef81d3c772099b45b5b0a2bfd30cf1bb6173cfcea278bea7356f17b233e91' }, control: noBypass },
  { ref: { id: 'tenancy/policies-cheap', version: '0.1.0', digest: '441e2153568d6eefe2088805752c908c4642adf55883d4a54d557366be575337' }, control: policiesCheap },
  { ref: { id: 'tenancy/server-patched', version: '0.1.0', digest: '5d51e6f63c842941d1f45498488b6c599d5f71fa9d8587f6ad3c5ad96250f43d' }, control: serverPatched },
];
