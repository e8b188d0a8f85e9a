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
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: '1a5510b2f5c10f32e2e13c5e95d8134f06c9598106ff8e38771668b19573ea85' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: '6392e7d795c0dd9875428f1773e174eb68dfcc1fbf52c2ece1688ec59deb0d20' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '9e5aca7f9f5865bcdc88b28f99a38e2d93e7372db0e78504d4b536b66438579c' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '44abd4c037294c87b75249381d7c07b43289710a9f6c4d1148234953d3fcf0d1' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: 'fcc50e6f35b81edf5b669876e61d22dc8060dc4596c727778c3ae98b69310599' }, control: contextPerRequest },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: '06ce425f462a3d45d940bc18cb9dec1f1cc3da01b9f48e7aa8bebd284d6f8f66' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: '363289df2d6d42bba373afa0dbdbd8481a2b4839dd28c0dbe3a2ec48a42eac4a' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: 'abfa92df2f20d61a598f455b7adf6ea6287e77099c7a8f71dc6e5761acb41ced' }, control: isolated },
];
