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
  { ref: { id: 'container/non-root', version: '0.1.0', digest: '101b1f88b32b5c353c2cf9b2bc32f087e9fc670a4f52d8d672b284334e5e2a6c' }, control: nonRoot },
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: '636a20d208386c572da5ff73283289c59b8f785abec6f31350f59c230e046b89' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: '53535f03c0af2c452710a45b59434059d476b5264cec77f11907eb3af9416933' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '8d16dbcdf16bd4218b72d60fe4a36743031ff1cddc0c3d260154349c9d8d66d4' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: 'b6ecb8712fc3b86ade89e1634a33f5fd84e041fa5011cd927513ffd5a3568b38' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/audit-sampled', version: '0.1.0', digest: '21a0d011f91432630ef0e2e295e8e84df514211e484bed44341b314da550471c' }, control: auditSampled },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '1ed2f222502deaa15318fdfb18f396aeb767db718a188942b2c2929a19fffe32' }, control: contextPerRequest },
  { ref: { id: 'tenancy/covert-channels', version: '0.1.0', digest: '584886eb3c51f8b0e737ca7dab3c1fae71f973f04a595f4f9cc360133e8cc503' }, control: covertChannels },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: '656ba8699b10057742ec8a3d72230eadee1e3415de59e553cbdfc1cbefb45574' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: 'cabe96789b06caec4183167d3450953cde8cc87ad2971993b3557c81e136007c' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: '28e2127767f135159b06a9df492f25936523b9e83aeac903bafe651f805a1e4b' }, control: isolated },
  { ref: { id: 'tenancy/isolation-tested-in-ci', version: '0.1.0', digest: 'e8cb7122f8c1ae84de0c36baa1040fc524b9947ca148631de66d8d69cd460f27' }, control: isolationTestedInCi },
  { ref: { id: 'tenancy/no-bypass', version: '0.1.0', digest: '810f46446b70edd08004607b8664bb2921713900f2958960f1510fb5faf144f1' }, control: noBypass },
  { ref: { id: 'tenancy/policies-cheap', version: '0.1.0', digest: '32c4eb2d01193d6df50b46fa3a2325e810578b7c1c404cce52f2edbb7fe6dce2' }, control: policiesCheap },
  { ref: { id: 'tenancy/server-patched', version: '0.1.0', digest: '768e35375e0de0b15a458cdc3b0ea56fe764863755877b5e550b7e3712e9c877' }, control: serverPatched },
];
