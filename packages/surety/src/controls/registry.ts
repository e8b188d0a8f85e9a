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
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: '9a69b084aec82f644726e8547316074b86bb7f6d887cdffb8c9b58df1d2fee98' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: '90d49170d31d8c0539735fb709bbbfb299e91878d21073c105720770434d647e' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: 'c44855c02ca643b14f0c7282431c29c16ae427b7ee8e29eb75f44e2b982e5e1b' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '3d7783bf7b14d51055158fdb7cf33e44935d280e071d4cf7e4d89da3f49750bb' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '3472220ca297b3545086264b3f720c52d78e3505af9b712d34dc29c7f872d646' }, control: contextPerRequest },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: 'fcfd2b11412279fe66ed526d613d6f93d48f6a9f03b8c9cfd9d660a2402b5bb4' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: 'c15f17a9f2857893c16185ee4a56700276b6ce08fb1e722832a13ce6d7fcd2f3' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: '9cfe259e24e43ccfdf30cb185fb383e38a5db949b56c94f6ec8c574b88bb9b49' }, control: isolated },
];
