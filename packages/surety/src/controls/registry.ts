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
import noBypass from './tenancy/no-bypass.ts';
import policiesCheap from './tenancy/policies-cheap.ts';
import serverPatched from './tenancy/server-patched.ts';

/** Every control, with the digest of the code that a proof is made with. */
export const controls: readonly RegisteredControl[] = [
  { ref: { id: 'application/security-headers', version: '0.1.0', digest: '6eaf94da204bffffda9f1d80a248887c68a0fe8e31ba981f275e5df30c74dece' }, control: securityHeaders },
  { ref: { id: 'container/non-root', version: '0.1.0', digest: 'b2eb2589b3d44d7ce7e6a64462081fe49a80a2285b95b14d7e149e6b42fdce15' }, control: nonRoot },
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: 'e219c3d987a1ff13a2ba1f0d580cc69a2eeaf28c1bbd2556719c70ee6e19e4f1' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: 'a096405cfd250521763b2dc6caa5ac5014437c4b5279300070044075a8a54d2a' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '8d16dbcdf16bd4218b72d60fe4a36743031ff1cddc0c3d260154349c9d8d66d4' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '5b1f436362b26220d98426a7246be389a229d8c22b9e9f97e37e74b35750e154' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/audit-sampled', version: '0.1.0', digest: 'a04e16d6437d5a9e3d7c3868b6988a5c6353c79f0f2faceab3df85dda8370c91' }, control: auditSampled },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: 'dea4fc6ede862546315a7a23ce86f69c959940005c4837073706f89360d8c5e7' }, control: contextPerRequest },
  { ref: { id: 'tenancy/covert-channels', version: '0.1.0', digest: '8052c2562bf58e945ea65541ed9e6d543f5354a7af8b3091ff1562e5f8aa5790' }, control: covertChannels },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: '50ca64ca79d0c9fe61a9ed25e4bd84b8754c44eddec051451575258721a6ff7e' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: '987f32598fb32e75273315c3f0b1a0de0d455d59d1e72720267966897e544f2c' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: 'b41b2ee182b9f37099eaf9f21e27b3a883c8d2ce4029ef74e023a5be25d96012' }, control: isolated },
  { ref: { id: 'tenancy/no-bypass', version: '0.1.0', digest: 'daa696696e3fcef64d1280e5a897125f0d5d5a9f0803803b0fe28d28a5eea793' }, control: noBypass },
  { ref: { id: 'tenancy/policies-cheap', version: '0.1.0', digest: '32c377ef612d9f9f156fcd1bb16f5dca4ca43856242fa7388880f713d9fa62ae' }, control: policiesCheap },
  { ref: { id: 'tenancy/server-patched', version: '0.1.0', digest: 'f273ae88afd46319a9a15de778d31127d4606ff803d5206cf016edf745d72384' }, control: serverPatched },
];
