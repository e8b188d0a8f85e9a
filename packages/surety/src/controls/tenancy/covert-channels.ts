import { control, partly } from '../../core/control.ts';
import type { See } from '../../core/see.ts';
import type { Channel, Neighbours, SequenceAccess } from '../../targets/postgres/attack/channel-types.ts';
import { seeSideDoors } from '../../targets/postgres/paths/see-search.ts';
import { policyDoubts } from '../../targets/postgres/tenancy/doubts.ts';
import type { PostgresTarget } from '../../targets/postgres/types.ts';

export default control({
  claim: 'What tenants can learn of each other beside rows is closed where PostgreSQL lets it be closed',
  why: 'A key that objects and a reference that does not tell a stranger that a row exists, however well it is hidden.',
  requirements: [
    partly('tsc:CC6.1', 'closes what policies leave open'),
    partly('phase7:rls.isolation', 'keys, references, sequences and statistics look past policies'),
  ],
  targets: { db: 'postgres' },
  touch: 'rollback',
  timeout: 240_000,
  async prove({ db }, see) {
    for (const table of (await db.tenantTables()).items) {
      for (const doubt of policyDoubts(table)) see.blind(doubt.subject, doubt.missing, { hint: doubt.hint });
    }
    for (const channel of await see.population('keys and references of tenant tables', db.channels())) {
      if (channel.harmless === null) await tryOne(db, channel, see);
      else see.note(subjectOf(channel), channel.harmless);
    }
    await lookAtStatistics(db, see);
    for (const sequence of await db.sequences()) judgeSequence(sequence, see);
    judgeNeighbours(await db.neighbours(), see);
    register(see);
    await seeSideDoors(db, see);
  },
});

function subjectOf({ kind, table, name, columns, to }: Channel): string {
  return `${table}: ${kind} ${name} (${columns.join(', ')})${to === null ? '' : ` to ${to}`}`;
}

/** What stops a stranger: no privilege or policy, no such row that it may point to, or nothing to object to. */
const because = ['42501', '0 rows', '23503', 'no objection'];

async function tryOne(db: PostgresTarget, channel: Channel, see: See): Promise<void> {
  const trials = await db.tryChannel(channel);
  if (trials.length === 0) see.note(subjectOf(channel), 'the role may not set what it looks up');
  for (const { how, owner, thief } of trials) {
    const subject = `${subjectOf(channel)}, by ${how}`;
    if (owner.result === 'refused' && thief.result === 'refused') {
      see.note(subject, `${thief.detail}; it tells the owner nothing either`);
      continue;
    }
    see.allowed(`${subject}: owner`, owner);
    see.refused(`${subject}: other tenant`, thief, { because, hint: hintFor(channel) });
  }
}

function hintFor({ kind, table, columns, tenant, tenantIsKey, to }: Channel): string {
  const scoped = [...tenant, ...columns.filter((column) => !tenant.includes(column))].join(', ');
  if (kind === 'reference')
    return `let it carry the tenant: foreign key (${scoped}) references ${to ?? ''} (…)`;
  if (tenantIsKey)
    return `no key mends it, since each row of ${table} has its own ${tenant.join(', ')}: let the role neither insert nor update ${columns.join(', ')}, or accept it as an exception`;
  return kind === 'key'
    ? `make it unique per tenant: unique (${scoped})`
    : `let it exclude within one tenant: ${tenant.join(', ')} with =, and the rest`;
}

async function lookAtStatistics(db: PostgresTarget, see: See): Promise<void> {
  const sampled = await db.sampledTables();
  if (sampled.length === 0)
    see.must('pg_stats: keeps samples of tenants’ values', true, { got: 'shows none' });
  for (const table of sampled) {
    see.must(`${table}: kept out of pg_stats`, false, {
      want: 'no samples of its values',
      got: 'row security is off there, so that pg_stats shows its most common values',
      hint: `alter table ${table} enable row level security, or revoke select on it`,
    });
  }
}

function judgeSequence({ name, grants, needed }: SequenceAccess, see: See): void {
  const subject = `sequence ${name}`;
  const surplus = grants.filter((grant) => grant !== 'usage' || !needed);
  if (needed)
    see.note(subject, 'its next number tells how many rows all tenants have added: a uuid would not');
  if (grants.length === 0 || (needed && surplus.length === 0)) return;
  see.must(`${subject}: out of reach`, surplus.length === 0, {
    want: needed ? 'usage alone' : 'no privilege',
    got: surplus.join(', '),
    hint: `revoke ${surplus.join(', ')} on sequence ${name} from the application’s role`,
  });
}

function judgeNeighbours(
  { readsAllStats, endsSessions, preparedTransactions, notifiers }: Neighbours,
  see: See,
): void {
  see.must('pg_stat_activity: statements of other roles', !readsAllStats, {
    want: 'hidden',
    got: readsAllStats ? 'shown: the role is a member of pg_read_all_stats' : 'hidden',
    hint: 'revoke pg_read_all_stats, or pg_monitor, from the application’s role',
  });
  see.must('pg_terminate_backend: sessions of other roles', !endsSessions, {
    want: 'out of reach',
    got: endsSessions ? 'within reach: the role is a member of pg_signal_backend' : 'out of reach',
    hint: 'revoke pg_signal_backend from the application’s role',
  });
  see.note(
    'prepared transactions',
    preparedTransactions === 0
      ? 'closed: the server allows none'
      : 'the role may end those of every tenant: set max_prepared_transactions = 0 where nothing needs them',
  );
  see.note(
    'LISTEN and NOTIFY',
    notifiers.length === 0
      ? 'every session may listen to every channel; no function of this database sends anything'
      : `every session hears what ${notifiers.join(', ')} send: let them send no values of rows`,
  );
}

/** What PostgreSQL has no switch for. Known, and said each time. */
function register(see: See): void {
  see.note(
    'EXPLAIN',
    'its estimates are made from everybody’s rows: let nobody send EXPLAIN through the application',
  );
  see.note(
    'EXPLAIN ANALYZE',
    'counts the rows that a policy removed; pg_class.reltuples counts all: as above',
  );
  see.note(
    'pg_stat_activity',
    'sessions of one role see each other’s statements: send values as parameters only',
  );
  see.note(
    'pg_terminate_backend',
    'sessions of one role may end each other: revoke execute on it where nobody needs it',
  );
  see.note(
    'advisory locks',
    'everybody sees and takes the same keys: derive them from the tenant and a secret',
  );
}
