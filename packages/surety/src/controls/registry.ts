// Written by `npm run generate` from the folder; edit the files it lists, not this one.

import type { RegisteredControl } from '../core/run.ts';
import securityHeaders from './application/security-headers.ts';
import nonRoot from './container/non-root.ts';
import rolesSeparated from './database/roles-separated.ts';
import runbooks from './monitoring/runbooks.ts';
import tls from './network/tls.ts';
import envFilesIgnored from './secrets/env-files-ignored.ts';
import contextPerRequest from './tenancy/context-per-request.ts';
import everyTableCovered from './tenancy/every-table-covered.ts';
import failsClosed from './tenancy/fails-closed.ts';
import isolated from './tenancy/isolated.ts';
import policiesCheap from './tenancy/policies-cheap.ts';
import serverPatched from './tenancy/server-patched.ts';

/** Every control, with the digest of the code that a proof is made with. */
export const controls: readonly RegisteredControl[] = [
  { ref: { id: 'application/security-headers', version: '0.1.0', digest: 'c03c22e596d9a8fffbe1e6393367b1b2946c9ff7024db5d1c5946b9b44534e10' }, control: securityHeaders },
  { ref: { id: 'container/non-root', version: '0.1.0', digest: 'bc9b9b55236b3d11e670d65b33134564a921c97ec608e43757594270a5168ced' }, control: nonRoot },
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: 'f412ece891cecc89b0e846c487ebf9b457a22dd3b87941ccaafd1af3eed18c51' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: '6392e7d795c0dd9875428f1773e174eb68dfcc1fbf52c2ece1688ec59deb0d20' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '9e5aca7f9f5865bcdc88b28f99a38e2d93e7372db0e78504d4b536b66438579c' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '44abd4c037294c87b75249381d7c07b43289710a9f6c4d1148234953d3fcf0d1' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '4eee065b57d0567ce67532d4053922e2e5f84c98c2f70fb08e4f96d725d61935' }, control: contextPerRequest },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: '33bd4f6309324b898ac521b752f91165f07719b02f0c16d7d0aefb1538baeb4f' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: '39c01aa0502c6068401e7044ae134838a8f45aceb572e52d4b4f3e9d2bf81da8' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: 'e78a081f3147e4067d9b5739247584bf46541755fd216101d6cb2f2bc8a20fd7' }, control: isolated },
  { ref: { id: 'tenancy/policies-cheap', version: '0.1.0', digest: 'a3b22f1ae6267a1df68449a99afba7aa75a384c8484a77a167ee47cdc10db795' }, control: policiesCheap },
  { ref: { id: 'tenancy/server-patched', version: '0.1.0', digest: '182352865464ace2e1a5cddb78b3f4616574b2915ecdbea03fedadbd3607e0d5' }, control: serverPatched },
];
