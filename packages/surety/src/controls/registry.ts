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
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: 'a0533fb3ccc53a6a07fbaed69936e340fde77c4baa0f9448ad1fee38e7849d2d' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: '3cca43cefe1401f6d8e19dcda96465b0dcee8381dda6402c2548dae3e0ff35da' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '8d16dbcdf16bd4218b72d60fe4a36743031ff1cddc0c3d260154349c9d8d66d4' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '5095567dfb0c35a3cc43854912e14349e2db05cb043b31789f8772f1e7e61418' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/audit-sampled', version: '0.1.0', digest: '507d44c6782d6ee1eb5a95edaf5b3e82234ef34fd6e0d30f7cee668737e935ba' }, control: auditSampled },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '7e8028beaf8a4e8f28a27a94e50543c8fb46aba1b43cb28cd48e4fe87c227c4f' }, control: contextPerRequest },
  { ref: { id: 'tenancy/covert-channels', version: '0.1.0', digest: '644700c1e9fdab84a7f55b4a52349dd8094db83bdd8fea85b7ac9fb37804777c' }, control: covertChannels },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: 'f01deea4dcd51b3fa1c456167121321cc875a5a3ae9829337de3d40151b045ed' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: 'aa416707e3ad3e23a479fc67eb69bd188c91420bfe701c0bec8f85fa8565554a' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: '1dfee254b07b3b125fb276d2981b3bb832e8122c7c105d83bf3157ea32830b1e' }, control: isolated },
  { ref: { id: 'tenancy/isolation-tested-in-ci', version: '0.1.0', digest: 'b53b169e4ec760b9f7bf4b6fcfcbac190ed111d9ab9f9561ced290237bb418aa' }, control: isolationTestedInCi },
  { ref: { id: 'tenancy/no-bypass', version: '0.1.0', digest: '8f935d41ddd9da12bdc9dc60aef60ca6566b7ce015fafdcc94540cd55e9a00eb' }, control: noBypass },
  { ref: { id: 'tenancy/policies-cheap', version: '0.1.0', digest: '99858663f03bd06b2e0651919a1dd78c1e7b0e2a2a9f8405a7dcec98b4c9fd43' }, control: policiesCheap },
  { ref: { id: 'tenancy/server-patched', version: '0.1.0', digest: '2728541f237e495cb68ad8f39be002526f4f52bee9440b05898e71c2b5919b53' }, control: serverPatched },
];
