// Written by `npm run generate` from the folder; edit the files it lists, not this one.

import type { RegisteredControl } from '../core/run.ts';
import securityHeaders from './application/security-headers.ts';
import complete from './backup/complete.ts';
import configured from './backup/configured.ts';
import encrypted from './backup/encrypted.ts';
import fresh from './backup/fresh.ts';
import immutable from './backup/immutable.ts';
import intact from './backup/intact.ts';
import kept30Days from './backup/kept-30-days.ts';
import offsite from './backup/offsite.ts';
import onTime from './backup/on-time.ts';
import pointInTime from './backup/point-in-time.ts';
import productionSize from './backup/production-size.ts';
import restoreGuarded from './backup/restore-guarded.ts';
import restores from './backup/restores.ts';
import rpo from './backup/rpo.ts';
import rto from './backup/rto.ts';
import successRate from './backup/success-rate.ts';
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
  { ref: { id: 'application/security-headers', version: '0.1.0', digest: '4cad33ccc3bc38ae6518c32648d82009e8ed9364888ea8c44370340d2767f357' }, control: securityHeaders },
  { ref: { id: 'backup/complete', version: '0.1.0', digest: 'c598ab91303dd9dcaca44e45de19ed0b747515b72631797d99c049233c515877' }, control: complete },
  { ref: { id: 'backup/configured', version: '0.1.0', digest: '5216c78fd71a5b9dbd0c4fc731a0bda74dfde0f1e4d3640d5f822b40a14c2c2b' }, control: configured },
  { ref: { id: 'backup/encrypted', version: '0.1.0', digest: 'abdf22c3d39beb278042a13a55b2d44a1a6c18ed5abcc99f76c5774b18e8d44a' }, control: encrypted },
  { ref: { id: 'backup/fresh', version: '0.1.0', digest: 'a2a59a9918ae053993296298d2ba53ee192c2f7a09a80beca4af0b311862dc71' }, control: fresh },
  { ref: { id: 'backup/immutable', version: '0.1.0', digest: '8c22b0afe5f49f7181ca471ed8d5d168a7453912aa7fc4dd6ce94622006b1300' }, control: immutable },
  { ref: { id: 'backup/intact', version: '0.1.0', digest: '4eefc87b1bfa26224c5b55dcaf8eb53220e87c318b2e35a5cac7b80dbbee5982' }, control: intact },
  { ref: { id: 'backup/kept-30-days', version: '0.1.0', digest: '27ac012ba8b692d57fe5f5ac737156cac37e99df1247fc70bef300becaf73ee2' }, control: kept30Days },
  { ref: { id: 'backup/offsite', version: '0.1.0', digest: '1568719ea328348431e582eee13e9dde0ecadfb459bdea56129fbb64be0ce809' }, control: offsite },
  { ref: { id: 'backup/on-time', version: '0.1.0', digest: 'f9dec8f40ef7bd3b22b95b37fad5f7974e0467d9e2799c95716eb69fa30dc3b5' }, control: onTime },
  { ref: { id: 'backup/point-in-time', version: '0.1.0', digest: '0852621cf2226c143677c420a85690b87a77605fc21f4f99c21a0e51b92bbd0c' }, control: pointInTime },
  { ref: { id: 'backup/production-size', version: '0.1.0', digest: '90466432d41d0095e0dc68065b6eaba5c5f27230e40ab32d5954718646bc1151' }, control: productionSize },
  { ref: { id: 'backup/restore-guarded', version: '0.1.0', digest: '45596498d718ba17ab780cb9e981a8359e876c752d297e9073a0c4649dc3754a' }, control: restoreGuarded },
  { ref: { id: 'backup/restores', version: '0.1.0', digest: '9cc0bb3687cd70c39c44208379a0dbd9a1612c8c22ae2098c3220710f170dc30' }, control: restores },
  { ref: { id: 'backup/rpo', version: '0.1.0', digest: '91b271b0c9ad275526f38e0f69b1f5871fcf47a7366a15adf15f9514d93acbc9' }, control: rpo },
  { ref: { id: 'backup/rto', version: '0.1.0', digest: 'e231ff4315d42cec88995f3f2055c494d29d3135eda121a4edbfdf926c2976b9' }, control: rto },
  { ref: { id: 'backup/success-rate', version: '0.1.0', digest: '4618b30b901a60230c677e1aa04b3933233e75f38776590bd03556d76a1de74b' }, control: successRate },
  { ref: { id: 'container/non-root', version: '0.1.0', digest: '5828f8facc01e3a448ba1445d048520c889d6b3400e92ad75164cd79c22d9839' }, control: nonRoot },
  { ref: { id: 'database/roles-separated', version: '0.1.0', digest: 'c6ddddefdc167ee51542be58d83104b6a2cd82f4f3464e5125e8297f871b14f3' }, control: rolesSeparated },
  { ref: { id: 'monitoring/runbooks', version: '0.1.0', digest: 'fa595d96b115979e649a11a401df60ae1ad2c043da8f61771105e4690a349dd6' }, control: runbooks },
  { ref: { id: 'network/tls', version: '0.1.0', digest: '0e1b6a5eb41386534638806230846b15cd4f898a65d1167fa2652a4b64bd5c43' }, control: tls },
  { ref: { id: 'secrets/env-files-ignored', version: '0.1.0', digest: '8798049aa7d0c6a03bd6a739da4a3de6d6d1f80841e8fbaea4f62584334d446f' }, control: envFilesIgnored },
  { ref: { id: 'tenancy/audit-sampled', version: '0.1.0', digest: '0e970470b5055c92cbe5c10b8fb9d6abde3c85c508661085827fca0d821b95c4' }, control: auditSampled },
  { ref: { id: 'tenancy/context-per-request', version: '0.1.0', digest: '05500e7e9c3e3c61699f0bb5bdf21ca6c55e8a1a5d782054d95b0f279b4fbf7b' }, control: contextPerRequest },
  { ref: { id: 'tenancy/covert-channels', version: '0.1.0', digest: 'cfef417a518a4c3449631f2aca56beaae638490daef3f35c85f1f300173b44b1' }, control: covertChannels },
  { ref: { id: 'tenancy/every-table-covered', version: '0.1.0', digest: 'fd263c19990c31069a42f9aff9014781cedba3a60d1800eb54d8a494eb585d8d' }, control: everyTableCovered },
  { ref: { id: 'tenancy/fails-closed', version: '0.1.0', digest: 'd107e4fa1625e8fb8891db241f513ae26d80adaff50ccb05d5b75ad7f73478e0' }, control: failsClosed },
  { ref: { id: 'tenancy/isolated', version: '0.1.0', digest: '485a87272be43941e2fccd7af8cb46ee8b8dd25a400d7cf8d417ba0700541407' }, control: isolated },
  { ref: { id: 'tenancy/isolation-tested-in-ci', version: '0.1.0', digest: '61d2cbfd63ea342f97ea741f38084305cc90601ee72ab64f7f734755ee5e9e93' }, control: isolationTestedInCi },
  { ref: { id: 'tenancy/no-bypass', version: '0.1.0', digest: 'a08edb3949b4771c3f948a9b3a6174d7ee7de6f13f62607ac26485136ecebc43' }, control: noBypass },
  { ref: { id: 'tenancy/policies-cheap', version: '0.1.0', digest: 'c9bbb89dad194274454d22ae6a5618f3fc9b28513c85fedc5b47b4b507aac9a1' }, control: policiesCheap },
  { ref: { id: 'tenancy/server-patched', version: '0.1.0', digest: 'ead442d25367cef5477068c68382b5258ecdae2e1c91191e7773ad2478c43fb1' }, control: serverPatched },
];
