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
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: '9dc1c8f93721a7ba41367069ecb9c1ecc373ad5a7400b4fd89f4a218878b8988' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: '6392e7d795c0dd9875428f1773e174eb68dfcc1fbf52c2ece1688ec59deb0d20' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '9e5aca7f9f5865bcdc88b28f99a38e2d93e7372db0e78504d4b536b66438579c' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '44abd4c037294c87b75249381d7c07b43289710a9f6c4d1148234953d3fcf0d1' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '9164cc284120739125f57c7f3d57cde68952a52f1388bb1c1d92bc22a0db0973' }, control: contextPerRequest },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: 'd5684fa1a422b5045a78659d785f3f3c8f299ede64a813ee5fc5feeab4ac3546' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: '3437c82bb29b88824a5235769f7d7eb8d753e6672a8dddd58ed852ab062ffc94' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: 'ac69deff00ac31ea0f105ad1abd64342b8836dbfb2a2b5a1ed3343dbecee9fb2' }, control: isolated },
];
