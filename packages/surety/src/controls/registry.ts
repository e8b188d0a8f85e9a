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

/** Every control, with the digest of the code that a proof is made with. */
export const controls: readonly RegisteredControl[] = [
  { ref: { id: 'application/security-headers', version: '0.1.0', digest: 'c03c22e596d9a8fffbe1e6393367b1b2946c9ff7024db5d1c5946b9b44534e10' }, control: securityHeaders },
  { ref: { id: 'container/non-root', version: '0.1.0', digest: 'bc9b9b55236b3d11e670d65b33134564a921c97ec608e43757594270a5168ced' }, control: nonRoot },
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: 'b9983dd2172c79a8f7aaf9fc2554dab55f8df8a36ab4705e2950e498e4155f63' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: '6392e7d795c0dd9875428f1773e174eb68dfcc1fbf52c2ece1688ec59deb0d20' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '9e5aca7f9f5865bcdc88b28f99a38e2d93e7372db0e78504d4b536b66438579c' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '44abd4c037294c87b75249381d7c07b43289710a9f6c4d1148234953d3fcf0d1' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '5c7198c0961deaa6b2c669378e2bad7b4f8c844249561324c90b8e3c214255b6' }, control: contextPerRequest },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: '0b61bbd8d3a2b747e9bbe3b6450fa3df2cca01931522222f8a3492c8a5235799' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: '51e893963ec4e7edda68de1854bff619b8198de8e8a043087ae3e2e0a203d940' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: '41e888c51e992605e19143bba4229387727ae055aa7d6c27bba0e4e44be893d6' }, control: isolated },
];
