import { auditedSchema } from '../../testing/audited-schema.ts';
import { scratchPostgres } from '../../testing/scratch-postgres.ts';
import { specimens } from '../../testing/specimens.ts';
import auditSampled from './audit-sampled.ts';

const ann = `(select id from users where email = 'canary-ann@example.com')`;
const bob = `(select id from users where email = 'canary-bob@example.com')`;
const spaceOf = (user: string): string => `(select space_id from user_spaces where user_id = ${user})`;
const accountOf = (user: string): string =>
  `(select id::text from accounts where space_id = ${spaceOf(user)} limit 1)`;

const entry = (actor: string, table: string, row: string, space: string): string =>
  `insert into audit_log (actor_id, action, table_name, row_id, space_id)
    values (${actor}, 'update', '${table}', ${row}, ${space});`;

const planted = entry(ann, 'accounts', accountOf(bob), spaceOf(bob));

/** Old entries, of which the newest do not tell. */
const many = `insert into audit_log (actor_id, action, table_name, row_id, space_id)
  select actor_id, action, table_name, row_id, space_id from audit_log, generate_series(1, 400) where table_name = 'accounts';`;

export default specimens({
  control: auditSampled,
  on: () => scratchPostgres({ looksAt: 'audit', schema: auditedSchema }),
  lookalikes: {
    'members of one space act on each other’s rows': {
      break: `insert into user_spaces (user_id, space_id) values (${ann}, ${spaceOf(bob)}); ${planted}`,
    },
    'other names for the columns, and a foreign key for the actor': {
      break: `alter table audit_log rename to activity_log; alter table activity_log rename actor_id to performed_by;
        alter table activity_log rename table_name to "entityType"; alter table activity_log rename row_id to "entityId";
        alter table activity_log rename at to occurred_at;
        alter table activity_log add foreign key (performed_by) references users`,
    },
    'a log in partitions': {
      break: `alter table audit_log rename to audit_2026; alter table audit_2026 alter id drop identity;
        alter table audit_2026 drop constraint audit_log_pkey;
        create table audit_log (like audit_2026) partition by range (at);
        alter table audit_log attach partition audit_2026 default; grant select on audit_log to inspector`,
    },
    'an entry of long ago, about a row that is gone': {
      break: entry(ann, 'accounts', 'gen_random_uuid()::text', 'null'),
    },
    'an entry by someone who is gone': {
      break: entry('gen_random_uuid()', 'accounts', accountOf(bob), spaceOf(bob)),
    },
    'another table whose name sounds like it': {
      break:
        'create table audit_settings (id int primary key, keep_days int); grant select on audit_settings to inspector',
    },
  },
  sabotages: {
    'a planted crossing': { break: planted, names: 'accounts: entries by another tenant' },
    'a crossing on a row that is reached through its parent': {
      break: entry(
        ann,
        'transactions',
        `(select t.id::text from transactions t join accounts a on a.id = t.account_id where a.space_id = ${spaceOf(bob)} limit 1)`,
        'null',
      ),
      names: 'transactions: entries by another tenant',
    },
    'a crossing on a row of a user': {
      break: entry(ann, 'Note', `(select id::text from notes where user_id = ${bob} limit 1)`, 'null'),
      names: 'notes: entries by another tenant',
    },
    'an own row, filed where another tenant reads it': {
      break: entry(ann, 'accounts', accountOf(ann), spaceOf(bob)),
      names: 'accounts: entries by another tenant',
    },
    'a row that is gone, of another tenant’s space': {
      break: entry(ann, 'accounts', 'gen_random_uuid()::text', spaceOf(bob)),
      names: 'accounts: entries by another tenant',
    },
    'many crossings of long ago, below newer entries': {
      break: `insert into audit_log (at, actor_id, action, table_name, row_id, space_id)
        select now() - interval '1 year', ${ann}, 'read', 'accounts', ${accountOf(bob)}, ${spaceOf(bob)} from generate_series(1, 2000);
        ${many}`,
      names: 'accounts: entries by another tenant',
    },
  },
});
