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
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: '3ab78bf66aaf1455c1302e11362f55f4d3bd13f5115c97d42458dc30bc8def25' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: 'a096405cfd250521763b2dc6caa5ac5014437c4b5279300070044075a8a54d2a' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '8d16dbcdf16bd4218b72d60fe4a36743031ff1cddc0c3d260154349c9d8d66d4' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '5b1f436362b26220d98426a7246be389a229d8c22b9e9f97e37e74b35750e154' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/audit-sampled', version: '0.1.0', digest: 'c365b4c68ad2b04d70456155b65a00f7356743b62adaa6466cab56c331caae75' }, control: auditSampled },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '2165558b3e9dbc7f1317f6c365d56dcc0f5e152216c365768f27145dd1caf3c7' }, control: contextPerRequest },
  { ref: { id: 'tenancy/covert-channels', version: '0.1.0', digest: '95dbb32569dcc735610d816186a9e5c623ef0909e5ac7a4a3a90bb662d63ae14' }, control: covertChannels },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: 'face2ef13dd69031a078880b28b5b09b1a74887c8772146d9802fa8856945b82' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: '1aa91d80dc20c34b9df9c7b91e094a09bf19840f995a9c2755d48bc4cd2f4147' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: 'f7170c697c5161fc81c8daabb2f5be56cfcc188c14991540fff00fb2f1da54ca' }, control: isolated },
  { ref: { id: 'tenancy/no-bypass', version: '0.1.0', digest: 'd13c96a503016f9b87e0eda61e7d215f23405b7e71d1149fa959971e887e2d07' }, control: noBypass },
  { ref: { id: 'tenancy/policies-cheap', version: '0.1.0', digest: '2c2fa860ba16b57dc3ddc7d64a2674d9f045dd6053e9d849124c34060251eec4' }, control: policiesCheap },
  { ref: { id: 'tenancy/server-patched', version: '0.1.0', digest: 'c1df4bb75f7685a01374b32315ea7aef6ae347aa75319289c312fb3ce440d1a9' }, control: serverPatched },
];
