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
  { ref: { id: 'application/security-headers', version: '0.1.0', digest: '2720707d95d3d2ce15c51addcb822a457046fc6434640caed304dec5675f52c9' }, control: securityHeaders },
  { ref: { id: 'container/non-root', version: '0.1.0', digest: 'e09b897ea4761fe4fedcb803b510b535ddc34f6018db0d27deaec21be776d5ac' }, control: nonRoot },
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: '4754818f092c093dd2a12d38bdf099041f428e171cda1d2671f3d5572ddbecf9' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: '3cca43cefe1401f6d8e19dcda96465b0dcee8381dda6402c2548dae3e0ff35da' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '8d16dbcdf16bd4218b72d60fe4a36743031ff1cddc0c3d260154349c9d8d66d4' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '5095567dfb0c35a3cc43854912e14349e2db05cb043b31789f8772f1e7e61418' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/audit-sampled', version: '0.1.0', digest: 'b1a21c8df5c23b142518c4769640776b525dea6e81926566eba5cfaa9cb3fac8' }, control: auditSampled },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '455fbfa67cce6ee5f8f9ebe12bd7895a899fad4bc503f487e14981b6b58e1b5e' }, control: contextPerRequest },
  { ref: { id: 'tenancy/covert-channels', version: '0.1.0', digest: '8a9f7f14519545e4199812d3e0b8392e4e0d07a02923f2e6a16efd6d4853d208' }, control: covertChannels },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: '94d7b8e9380a234605773a2741553d3e2ce2cd5254b1ff0509149a9534a95176' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: '3a69754b7ccb5d5b2069a5f647b93cb2c9a2ac22c885d3a0f5e7cb08bfcebb4a' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: 'c2dfcbeb09838167703eab12323da828cd5ddb9b66df25051853a3fe42f03035' }, control: isolated },
  { ref: { id: 'tenancy/isolation-tested-in-ci', version: '0.1.0', digest: 'b53b169e4ec760b9f7bf4b6fcfcbac190ed111d9ab9f9561ced290237bb418aa' }, control: isolationTestedInCi },
  { ref: { id: 'tenancy/no-bypass', version: '0.1.0', digest: '0086db8201c59ab526dbab5dc0db82f0626ef9f4296ad197e32b0ef6485a0ea9' }, control: noBypass },
  { ref: { id: 'tenancy/policies-cheap', version: '0.1.0', digest: '9a91ecae3ba35d212c18af999db17c0a543d69a7b742732f8e7c9a9463ba7afd' }, control: policiesCheap },
  { ref: { id: 'tenancy/server-patched', version: '0.1.0', digest: 'edab0639b5705b20e08e15b92dda279070d8afa3fa192004f0586ec97edeaade' }, control: serverPatched },
];
