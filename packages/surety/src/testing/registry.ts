// Written by `npm run generate` from the folder; edit the files it lists, not this one.

import securityHeaders from '../controls/application/security-headers.specimens.ts';
import alerts from '../controls/backup/alerts.specimens.ts';
import complete from '../controls/backup/complete.specimens.ts';
import configured from '../controls/backup/configured.specimens.ts';
import encrypted from '../controls/backup/encrypted.specimens.ts';
import fresh from '../controls/backup/fresh.specimens.ts';
import immutable from '../controls/backup/immutable.specimens.ts';
import intact from '../controls/backup/intact.specimens.ts';
import kept30Days from '../controls/backup/kept-30-days.specimens.ts';
import offsite from '../controls/backup/offsite.specimens.ts';
import onTime from '../controls/backup/on-time.specimens.ts';
import pointInTime from '../controls/backup/point-in-time.specimens.ts';
import productionSize from '../controls/backup/production-size.specimens.ts';
import restoreGuarded from '../controls/backup/restore-guarded.specimens.ts';
import restores from '../controls/backup/restores.specimens.ts';
import rpo from '../controls/backup/rpo.specimens.ts';
import rto from '../controls/backup/rto.specimens.ts';
import successRate from '../controls/backup/success-rate.specimens.ts';
import nonRoot from '../controls/container/non-root.specimens.ts';
import rolesSeparated from '../controls/database/roles-separated.specimens.ts';
import runbooks from '../controls/monitoring/runbooks.specimens.ts';
import tls from '../controls/network/tls.specimens.ts';
import envFilesIgnored from '../controls/secrets/env-files-ignored.specimens.ts';
import auditSampled from '../controls/tenancy/audit-sampled.specimens.ts';
import contextPerRequest from '../controls/tenancy/context-per-request.specimens.ts';
import covertChannels from '../controls/tenancy/covert-channels.specimens.ts';
import everyTableCovered from '../controls/tenancy/every-table-covered.specimens.ts';
import failsClosed from '../controls/tenancy/fails-closed.specimens.ts';
import isolated from '../controls/tenancy/isolated.specimens.ts';
import isolationTestedInCi from '../controls/tenancy/isolation-tested-in-ci.specimens.ts';
import noBypass from '../controls/tenancy/no-bypass.specimens.ts';
import policiesCheap from '../controls/tenancy/policies-cheap.specimens.ts';
import serverPatched from '../controls/tenancy/server-patched.specimens.ts';
import type { Specimens } from './specimens.ts';

/** The specimens of each control, by its id. */
export const specimens: ReadonlyMap<string, Specimens> = new Map<string, Specimens>([
  ['application/security-headers', securityHeaders],
  ['backup/alerts', alerts],
  ['backup/complete', complete],
  ['backup/configured', configured],
  ['backup/encrypted', encrypted],
  ['backup/fresh', fresh],
  ['backup/immutable', immutable],
  ['backup/intact', intact],
  ['backup/kept-30-days', kept30Days],
  ['backup/offsite', offsite],
  ['backup/on-time', onTime],
  ['backup/point-in-time', pointInTime],
  ['backup/production-size', productionSize],
  ['backup/restore-guarded', restoreGuarded],
  ['backup/restores', restores],
  ['backup/rpo', rpo],
  ['backup/rto', rto],
  ['backup/success-rate', successRate],
  ['container/non-root', nonRoot],
  ['database/roles-separated', rolesSeparated],
  ['monitoring/runbooks', runbooks],
  ['network/tls', tls],
  ['secrets/env-files-ignored', envFilesIgnored],
  ['tenancy/audit-sampled', auditSampled],
  ['tenancy/context-per-request', contextPerRequest],
  ['tenancy/covert-channels', covertChannels],
  ['tenancy/every-table-covered', everyTableCovered],
  ['tenancy/fails-closed', failsClosed],
  ['tenancy/isolated', isolated],
  ['tenancy/isolation-tested-in-ci', isolationTestedInCi],
  ['tenancy/no-bypass', noBypass],
  ['tenancy/policies-cheap', policiesCheap],
  ['tenancy/server-patched', serverPatched],
]);
