import { normalize } from 'node:path';
import { publicKeyFromText } from '@surety/evidence';
import { Decrypter, Encrypter } from 'age-encryption';
import { z } from 'zod';

const hours = z
  .number()
  .positive()
  .max(24 * 366);

const folderStore = z.strictObject({
  folder: z
    .string()
    .min(1)
    .describe('an existing folder, best on another disk; from the folder of the estate'),
});

const s3Store = z.strictObject({
  bucket: z.string().min(3).max(63).describe('an existing bucket with versions on'),
  endpoint: z.url().optional().describe('of R2, radosgw and others; default: AWS of the region'),
  region: z.string().min(1).default('auto').describe('default auto, which R2 takes'),
  prefix: z
    .string()
    .regex(/^([a-z0-9_.-]+\/)*$/)
    .default('')
    .describe('where in the bucket, with a / at its end: budget/'),
  accessKeyId: z.string().min(1).describe('of a key that may put, read and list; best not delete'),
  secretAccessKey: z.string().min(1).describe('by env(), file() or command()'),
  pathStyle: z
    .boolean()
    .optional()
    .describe('bucket in the path instead of the host; default: where an endpoint is given'),
  lock: z
    .enum(['object-lock', 'none'])
    .default('none')
    .describe('object-lock: each object is put in COMPLIANCE mode until it may be pruned'),
});

/** One place for backups. */
export const storeFacts = z.union([folderStore, s3Store]);
export type StoreFacts = z.infer<typeof storeFacts>;

/** Also whether it was copied whole: age's own reading of it holds its checksum against it. */
function readable(read: (text: string) => void): (text: string) => boolean {
  return (text) => {
    try {
      read(text);
      return true;
    } catch {
      return false;
    }
  };
}

const recipient = z
  .string()
  .regex(/^age1[02-9ac-hj-np-z]{58}$/, 'not an age recipient (age1…)')
  .refine(
    readable((text) => new Encrypter().addRecipient(text)),
    'not an age recipient: a character of it is wrong',
  );

const signer = z.string().refine(
  readable((text) => {
    publicKeyFromText(text);
  }),
  { message: 'not a public key: 32 bytes in base64, as `surety backup --signer` prints it' },
);

/** Where it is, whatever it is called. */
function placeOf(store: StoreFacts): string {
  return 'folder' in store
    ? normalize(`${store.folder}/.`)
    : `${store.endpoint ?? store.region} ${store.bucket}/${store.prefix}`;
}

const keep = z.strictObject({
  days: z.int().min(1).default(30).describe('every backup that young; default 30'),
  weeks: z.int().min(0).default(12).describe('then one a week, for so many weeks; default 12'),
  months: z.int().min(0).default(12).describe('then one a month; default 12'),
  years: z.int().min(0).default(3).describe('then one a year; default 3'),
});
export type Keep = z.infer<typeof keep>;

const schedule = z.strictObject({
  // Once a day cannot hold a loss of a day at most: what is lost grows until the next backup is done.
  every: hours.default(12).describe('hours from one backup to the next; default 12'),
  at: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
    .default('02:00')
    .describe('UTC; default 02:00'),
  since: z.iso
    .datetime()
    .optional()
    .describe('from when it counts; default: the oldest backup that is there'),
  grace: hours.default(2).describe('hours after which a backup that did not come is missing; default 2'),
});
export type Schedule = z.infer<typeof schedule>;

const objectives = z.strictObject({
  lossHours: hours.default(24).describe('RPO: how much may be lost; default 24'),
  recoveryHours: hours.default(4).describe('RTO: how long recovery may take; default 4'),
  backupMinutes: z.number().positive().default(5).describe('how long a backup may take; default 5'),
  successRate: z.number().min(0).max(1).default(0.999).describe('of the scheduled runs; default 0.999'),
  windowDays: z.int().min(1).default(30).describe('over how many days that is counted; default 30'),
  drillDays: z.int().min(1).default(92).describe('how old the last drill may be; default 92, a quarter'),
  productionShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('least share of the size of production that a drill has to restore; default 0.5'),
});
export type Objectives = z.infer<typeof objectives>;

const drill = z.strictObject({
  as: z.string().min(1).optional().describe("the API's role, to attack isolation as on the restored copy"),
  setting: z
    .string()
    .min(1)
    .optional()
    .describe('the setting that names the tenant there: app.current_user_id'),
  smoke: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'queries of the application that have to give at least one row, no false in any, and not nothing but nulls',
    ),
});

/** What `env()` gives stands for a value, and is none: text around it would be part of nothing. */
const connectionString = z
  .string()
  .refine(
    URL.canParse,
    'not a connection string: postgresql://role@host:5432/database, all of it by one env()',
  );

const restoring = z.strictObject({
  url: connectionString.describe('of a superuser of the server to restore to, by env(), file() or command()'),
  ca: z.string().min(1).optional().describe('the CA that signs the certificate of that server: a path'),
});

const physical = z.strictObject({
  stanza: z.string().min(1).describe('of pgBackRest'),
  config: z.string().min(1).describe('path of pgbackrest.conf'),
  lossSeconds: z.number().positive().default(60).describe('RPO with archived WAL; default 60'),
});
export type PhysicalFacts = z.infer<typeof physical>;

const alerts = z.strictObject({
  rules: z.string().min(1).describe('path of the Prometheus rules'),
  prometheus: z.url().optional().describe('of the Prometheus that evaluates them'),
  receiver: z.url().optional().describe('of the Alertmanager that reaches the pager'),
});

const job = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe('folder with the entry points, from the folder of the estate: infra/backup'),
  entries: z.array(z.string().min(1)).default(['backup', 'restore']).describe('default backup and restore'),
});

/** Of a file as `surety backup --new-identity` and age-keygen write it: remarks above the identity. */
function identityLine(text: string): string {
  return text.split('\n').findLast((line) => line.startsWith('AGE-SECRET-KEY-1')) ?? text;
}

/** What the estate says of the backups of one database. */
export const backupFacts = z.strictObject({
  database: z.string().min(1).optional().describe('the postgres target that these are backups of: budget-db'),
  url: connectionString.describe('of the role that dumps: a superuser, or BYPASSRLS with pg_read_all_data'),
  ca: z.string().min(1).optional().describe('the CA that signs the certificate of the server: a path'),
  tools: z
    .string()
    .min(1)
    .optional()
    .describe('folder of pg_dump; default: the newest one that fits the server'),
  stores: z
    .record(z.string().regex(/^[a-z0-9-]{1,40}$/), storeFacts)
    .refine((stores) => Object.keys(stores).length > 0, 'no store')
    .refine(
      (stores) => new Set(Object.values(stores).map(placeOf)).size === Object.keys(stores).length,
      'two of them are one place: what one copy loses, the other loses too',
    )
    .describe('where backups go, by name: { vault: { folder }, offsite: { bucket, … } }'),
  recipients: z
    .array(recipient)
    .min(2, 'fewer than two: with one key lost, every backup would be lost')
    .describe('age recipients, one of them in escrow; `surety backup --new-identity FILE` makes one'),
  identity: z
    .string()
    .overwrite(identityLine)
    .regex(/^AGE-SECRET-KEY-1[0-9A-Z]+$/, 'not an age identity (AGE-SECRET-KEY-1…)')
    .refine(
      readable((text) => new Decrypter().addIdentity(text)),
      'not a whole age identity: cut off, or a character of it is wrong',
    )
    .optional()
    .describe(
      'where backups are restored only, never where they are made: the escrow identity, by file() or command()',
    ),
  signers: z
    .array(signer)
    .min(1)
    .describe('public keys whose manifests count; `surety backup --signer` prints ours'),
  restore: restoring
    .optional()
    .describe('where backups are restored only: the server that takes them; default: --server'),
  schedule: schedule.prefault({}),
  keep: keep.prefault({}),
  objectives: objectives.prefault({}),
  drill: drill.prefault({}),
  physical: physical.optional().describe('pgBackRest, for who outgrew dumps'),
  alerts: alerts.optional().describe('what pages somebody when a backup fails or does not come'),
  job: job.optional().describe('the entry points that the schedule runs'),
});
export type BackupFacts = z.infer<typeof backupFacts>;
