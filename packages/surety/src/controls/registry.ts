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
  { ref: { id: 'container/non-root', version: '0.1.0', digest: '0d60b355cf71e7680326fe5312e1c4c06b4bded9f9a78576cb09be662e645ce6' }, control: nonRoot },
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: 'f2901e8e73207b0319aa3f3e27a4648c6b581ce444f129a53c201da66e790200' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: '792cfbf270f696793238b39bc19159b6da8e116d78c9640229febe79b2e9a3cf' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '704127bf32ea74bd9815d966c427c6e52142b56c34e83af957cd2691f4d312f7' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: 'c0a5cb98d4c02bb285098307fb297c3cffebbb89e032253c35f80401dbcc9f79' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '3eacc90cd318ae1f17eccc850b25cb68553fc966f58069c45b93d1328d41b4dd' }, control: contextPerRequest },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: '247128652ed5d04eaddbb64ff65f04fcb528b072fb16c0cf93192417638c558c' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: '561cf934aa2d10505fc46968e2c6076ea5ab23aa11ce24bd491a6a9df93ed32d' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: '3ca06586fd6394531260c000d830eca9355ba90e78d4bf99bc82966d6254ce2c' }, control: isolated },
];
