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
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: '7fff978fa00f74952aec9a89861fbb8f7fc0452592ec6cbab46d9832e5bf527d' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: '90d49170d31d8c0539735fb709bbbfb299e91878d21073c105720770434d647e' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: 'c44855c02ca643b14f0c7282431c29c16ae427b7ee8e29eb75f44e2b982e5e1b' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '3d7783bf7b14d51055158fdb7cf33e44935d280e071d4cf7e4d89da3f49750bb' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '97cd6b0aabd62a51efd51a4946d8557037f1284db8420876880fe7929a7cf463' }, control: contextPerRequest },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: '0b36b9b310d9621c42c51d83d5f422b2b6d37db37a47f2657598389ee366fd32' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: '04c78fcdd322b736a3c8d3c0ebb500ffae7333da716d3b826cc1036ea46ab1b6' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: '7c99e4f84fe73b0e8e14030a31b8e463ab44f582f0363160a839188414b2406f' }, control: isolated },
];
