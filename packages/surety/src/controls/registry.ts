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
  { ref: { id: 'application/security-headers', version: '0.1.0', digest: '6eaf94da204bffffda9f1d80a248887c68a0fe8e31ba981f275e5df30c74dece' }, control: securityHeaders },
  { ref: { id: 'container/non-root', version: '0.1.0', digest: 'e09b897ea4761fe4fedcb803b510b535ddc34f6018db0d27deaec21be776d5ac' }, control: nonRoot },
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: '4d08c2e35ce8d07d7f42c26b2d82148478987c78c4dc4ed745eed7dd2f508227' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: '3cca43cefe1401f6d8e19dcda96465b0dcee8381dda6402c2548dae3e0ff35da' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '8d16dbcdf16bd4218b72d60fe4a36743031ff1cddc0c3d260154349c9d8d66d4' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '5095567dfb0c35a3cc43854912e14349e2db05cb043b31789f8772f1e7e61418' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/audit-sampled', version: '0.1.0', digest: '692eeee3b2e6eabb3f894a03394818b5a19d99a137cf8910d83478ed287c03c8' }, control: auditSampled },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: 'f69a1c27d51e9f33cd3dd1d44a84f582260b8e6fbc170e033152326b150669d5' }, control: contextPerRequest },
  { ref: { id: 'tenancy/covert-channels', version: '0.1.0', digest: 'e272c3eb25117b556fef95e852cb746ef1509131b694d7348c414df6f7918fa5' }, control: covertChannels },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: '5a1c3c94ee338b9e494658373d1b06f483fa27fc9c9b520e6f8816ac32cca1b3' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: '2ffdfeadd7ad67dfe818178fe8fb32cc6e78790add5ea8f48985e403c64243e0' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: 'ee842488e7ebe8de765c7d03d04ee775d75b13a922890e2f25b60a92e35374ef' }, control: isolated },
  { ref: { id: 'tenancy/isolation-tested-in-ci', version: '0.1.0', digest: 'b53b169e4ec760b9f7bf4b6fcfcbac190ed111d9ab9f9561ced290237bb418aa' }, control: isolationTestedInCi },
  { ref: { id: 'tenancy/no-bypass', version: '0.1.0', digest: 'd16a12b426225dde570b90fa642ee1dba706ca56781f7836a4fb15662c6fb237' }, control: noBypass },
  { ref: { id: 'tenancy/policies-cheap', version: '0.1.0', digest: '837f5e5e0b995ce1d0ef8bd87db52799a4f53b3b1772e72952b2d014fb8f9e57' }, control: policiesCheap },
  { ref: { id: 'tenancy/server-patched', version: '0.1.0', digest: 'e9f77de79d741bd34b20a171ca76aaf72a80a5c2c5993e6790e69766fc14736e' }, control: serverPatched },
];
