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
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: '82513667ddff0d27684951b911f114947c0715c2768cbc2b3e27985aeea2f997' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: '53535f03c0af2c452710a45b59434059d476b5264cec77f11907eb3af9416933' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '8d16dbcdf16bd4218b72d60fe4a36743031ff1cddc0c3d260154349c9d8d66d4' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: 'b6ecb8712fc3b86ade89e1634a33f5fd84e041fa5011cd927513ffd5a3568b38' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/audit-sampled', version: '0.1.0', digest: '305125a761cb1600e6f1603ea502a49a376a7a014c0e94428472050b5397d629' }, control: auditSampled },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: 'e85812d1ac01125a07a9fe1766b2361f6a84e6cb832534985f9120aee55b5416' }, control: contextPerRequest },
  { ref: { id: 'tenancy/covert-channels', version: '0.1.0', digest: 'a85f0ca5cf5d3f2bcda22169cfab66a4f795bd96dd2e5bb98ebae035a4dc30d9' }, control: covertChannels },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: '55f468bf5bc1e91d07b66031e097924c35469e67287f8d5ceea6acaf2669705e' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: '360484253f617e84b6c68511118ee62c4d4a9655485cc81397f054704fef265f' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: 'd1b43e29ef20edebe1ea11f9ce6647b6bd0cec568b0544e641f9923cc7e9eab6' }, control: isolated },
  { ref: { id: 'tenancy/isolation-tested-in-ci', version: '0.1.0', digest: 'e8cb7122f8c1ae84de0c36baa1040fc524b9947ca148631de66d8d69cd460f27' }, control: isolationTestedInCi },
  { ref: { id: 'tenancy/no-bypass', version: '0.1.0', digest: 'd862b09f3fde85fa03ee6e2ef49db9fad1244bbccec6f997d8a981edd9357bb8' }, control: noBypass },
  { ref: { id: 'tenancy/policies-cheap', version: '0.1.0', digest: '3ceae6b71df7c61584dc371443a3f2225a203ce4c0adb094a39fc6849e24b08a' }, control: policiesCheap },
  { ref: { id: 'tenancy/server-patched', version: '0.1.0', digest: 'fac6111a7cf1a07ccb2fa49cb432903f2cbeefc20239bf088cc9354bc75d1b16' }, control: serverPatched },
];
