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

/** Every control, with the digest of the code that a proof is made with. */
export const controls: readonly RegisteredControl[] = [
  { ref: { id: 'application/security-headers', version: '0.1.0', digest: 'a1bf60b478db77c78b49acec999aa8ff166c2062cef65a1f4697a10096c741da' }, control: securityHeaders },
  { ref: { id: 'container/non-root', version: '0.1.0', digest: 'bc9b9b55236b3d11e670d65b33134564a921c97ec608e43757594270a5168ced' }, control: nonRoot },
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: '5b2743c091c655d07e865e4338f5dcd68936a4b65bf9fe1a8dd06bafda99ab8e' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: '6392e7d795c0dd9875428f1773e174eb68dfcc1fbf52c2ece1688ec59deb0d20' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '9e5aca7f9f5865bcdc88b28f99a38e2d93e7372db0e78504d4b536b66438579c' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '44abd4c037294c87b75249381d7c07b43289710a9f6c4d1148234953d3fcf0d1' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '0ea35a32a16c0708cbc67d30fb3fc4b6381444d4547be17ba4224e167f03fbc0' }, control: contextPerRequest },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: 'ca473f8a390bface04e5bfacc234fb7b00cdb76eeb932af7cf783780c4521b32' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: '14a1079fadcb6069923f0ed584e8ffef4d37a7f960b225e5b7f032f0071c5419' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: 'd1b6daa94ffaf49a3e3c37c8cefd7dfd02b11b153d37c900908434063a2fd8f2' }, control: isolated },
  { ref: { id: 'tenancy/policies-cheap', version: '0.1.0', digest: '5fe843eb47d432a8cc4c1973b0cdf6ddbba873f8f0e9f4dd38daa947a28fd859' }, control: policiesCheap },
];
