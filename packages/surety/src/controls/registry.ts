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
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: '5194dc753dd489e723249f0ee5196e83a2145bf8ef8d340862e43cdd41d6b905' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: '3cca43cefe1401f6d8e19dcda96465b0dcee8381dda6402c2548dae3e0ff35da' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '8d16dbcdf16bd4218b72d60fe4a36743031ff1cddc0c3d260154349c9d8d66d4' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '5095567dfb0c35a3cc43854912e14349e2db05cb043b31789f8772f1e7e61418' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/audit-sampled', version: '0.1.0', digest: 'd940c7499f3d9b260d4a9e1a2f5474bf82e524674349c61158821db15ef392ee' }, control: auditSampled },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: 'c79c7c9b85875401f9dca1da1f4e8e6ccb3537cc22458bc1c0b16f35f1d24bcd' }, control: contextPerRequest },
  { ref: { id: 'tenancy/covert-channels', version: '0.1.0', digest: '3f7642a38bd4719b702e75764384767f81f47ae8896e41d1cb494510cb2d267f' }, control: covertChannels },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: '516aaec24a7cff9db645a78732ba2f4bb8646170ce1cfef7d2f22948820a8128' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: '3709150770c798e6010eced02bfddc2414b3bf2589e6634acf44d3e240974d83' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: 'dbd45069decce1cadc4e72570352c5924ef5f5a9d06f3a445e8a896a853c7bd2' }, control: isolated },
  { ref: { id: 'tenancy/isolation-tested-in-ci', version: '0.1.0', digest: 'b53b169e4ec760b9f7bf4b6fcfcbac190ed111d9ab9f9561ced290237bb418aa' }, control: isolationTestedInCi },
  { ref: { id: 'tenancy/no-bypass', version: '0.1.0', digest: 'e9eaad6bfe974aa2ba295322743bdeb1a7ad5472aa6747a070fa90b6d9028d9f' }, control: noBypass },
  { ref: { id: 'tenancy/policies-cheap', version: '0.1.0', digest: 'a40d12dc6b1b5f6a5d6a3933e1c970d6c028fc1da6aeedf23e7b8c3bc8e0e7ea' }, control: policiesCheap },
  { ref: { id: 'tenancy/server-patched', version: '0.1.0', digest: 'b3bac09085526cb5be21c761b49180e57a89294c78c714cb12d893173448d17a' }, control: serverPatched },
];
