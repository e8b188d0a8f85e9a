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
  { ref: { id: 'application/security-headers', version: '0.1.0', digest: '2720707d95d3d2ce15c51addcb822a457046fc6434640caed304dec5675f52c9' }, control: securityHeaders },
  { ref: { id: 'container/non-root', version: '0.1.0', digest: 'e09b897ea4761fe4fedcb803b510b535ddc34f6018db0d27deaec21be776d5ac' }, control: nonRoot },
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: '2497a678b11303f5bb090041f55273d65b8b942d204412aae8dfa0e137d73049' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: '3cca43cefe1401f6d8e19dcda96465b0dcee8381dda6402c2548dae3e0ff35da' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '8d16dbcdf16bd4218b72d60fe4a36743031ff1cddc0c3d260154349c9d8d66d4' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '5095567dfb0c35a3cc43854912e14349e2db05cb043b31789f8772f1e7e61418' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/audit-sampled', version: '0.1.0', digest: 'c5280473bcc7e3e7660159ea5a9304245acb38fe42cbeb9b315b689d294951d1' }, control: auditSampled },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '60671a27bb0fcc3ae44986800033d2d7f5db6ca3ca1433adee41db7e1a059efd' }, control: contextPerRequest },
  { ref: { id: 'tenancy/covert-channels', version: '0.1.0', digest: 'e2ddf67e5771158ed7a645182239f5b9af3847e0daeb08db772f500ad67f818f' }, control: covertChannels },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: '0468abdf8e28ed5617ccac1c9bb9d3893a93770cd81f32d85a584fe63d1c9f7d' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: '7ba494660ba525b802055d3a60641ee1e4439cb711f4d77c6ae24d8e72d461b2' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: '60035054301fd034b4703f272627737655036b4585a78de7084540cedb63ec4a' }, control: isolated },
  { ref: { id: 'tenancy/isolation-tested-in-ci', version: '0.1.0', digest: 'b53b169e4ec760b9f7bf4b6fcfcbac190ed111d9ab9f9561ced290237bb418aa' }, control: isolationTestedInCi },
  { ref: { id: 'tenancy/no-bypass', version: '0.1.0', digest: 'aa1bcaabd807a44856886e1a93e94a380925e53fc1f52705d9307049200090ed' }, control: noBypass },
  { ref: { id: 'tenancy/policies-cheap', version: '0.1.0', digest: '1b8c342912d2a3e0759e57bca2b705b0c232afdea0c4d5db0933f689ede71fd9' }, control: policiesCheap },
  { ref: { id: 'tenancy/server-patched', version: '0.1.0', digest: '7517d1ef76108affdc11ea885b0d1cc6581e461d0dad27b2b64ad2dab96c2208' }, control: serverPatched },
];
