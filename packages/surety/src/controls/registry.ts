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
  { ref: { id: 'application/security-headers', version: '0.1.0', digest: '0a240a2349f3a920b44048d804426aae2046ccc647a63ed15d96c099de1c351f' }, control: securityHeaders },
  { ref: { id: 'container/non-root', version: '0.1.0', digest: '2a9f3cd1174936179a2723ac53f439e155b42934d2b12f718a15e0bdbf2d0804' }, control: nonRoot },
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: 'c61edf5705f63cf9480851c6ca27dbf9b8b286a498cbb6f2245eb2286125c1af' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: '90d49170d31d8c0539735fb709bbbfb299e91878d21073c105720770434d647e' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: 'c44855c02ca643b14f0c7282431c29c16ae427b7ee8e29eb75f44e2b982e5e1b' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '3d7783bf7b14d51055158fdb7cf33e44935d280e071d4cf7e4d89da3f49750bb' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '6fd595d05b4bfc3da533997ad7c19e5e4d5ebbf171534480ba0ce3f51e25ff0f' }, control: contextPerRequest },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: 'eaf59a7eb1b51470baacc3f0b3a4d7c61779c541a1382224f397bd6055386465' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: 'c46b543c85b4cfa8393c03bc267f410fd21303e5856412165b9b36607e662e04' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: '5b52803ca3990f4a2a89f8ccf2ecebb10276e7b89b8ee5f03475a804a0cae86e' }, control: isolated },
];
