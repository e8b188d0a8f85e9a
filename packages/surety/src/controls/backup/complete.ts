import { control, partly, supports } from '../../core/control.ts';
import { SuretyError } from '../../core/error.ts';
import type { See } from '../../core/see.ts';
import { eachStore } from '../../targets/backup/each-store.ts';
import type { Kept, KeptSet } from '../../targets/backup/kept.ts';
import type { LiveSource, LiveTable } from '../../targets/backup/live.ts';
import type { BackupStore, BackupTarget } from '../../targets/backup/target.ts';

const hour = 3_600_000;
const parts = ['globals', 'outline', 'data-0', 'facts'];
const most = 10;

export default control({
  claim: 'Backups hold every database, role, table and large object of the server that they are of',
  why: 'A role that row security binds dumps no rows and exits 0; a database that nobody thought of is in no dump at all.',
  requirements: [
    supports('phase7:backup.automated', 'nothing that the server has is left out of its backups'),
    partly(
      'phase7:backup.disaster-recovery',
      'roles and every database are in the backups, so that a server can be made anew',
    ),
    partly('mp22:2.5', 'what is backed up every day is all there is'),
    partly('tsc:A1.2', 'all data is backed up'),
  ],
  targets: { backups: 'backup' },
  touch: 'nothing',
  async prove({ backups }, see) {
    const live = await backups.source();
    sight(live, see);
    const kept = await eachStore(backups.stores, see, async (store) => {
      const found = await store.kept();
      await newestIn(store, found, live, backups, see);
      return found;
    });
    if (kept.length === backups.stores.length) await otherDatabases(live, kept, backups, see);
  },
});

/** What the role that dumps does not see is in no backup, and missing from its own counts as well. */
function sight({ role, tables, largeObjects }: LiveSource, see: See): void {
  const named = (some: readonly LiveTable[]): readonly string[] => listed(some.map(nameOf));
  see.equal(
    `${role.name}: tables whose rows row security hides`,
    [],
    named(tables.filter(({ filtered }) => filtered)),
    {
      hint: `alter role ${role.name} bypassrls`,
    },
  );
  see.equal(
    `${role.name}: tables that it may not read`,
    [],
    named(tables.filter(({ readable }) => !readable)),
    {
      hint: `grant pg_read_all_data to ${role.name}`,
    },
  );
  see.equal(`${role.name}: large objects that it may not read`, 0, largeObjects.unreadable, {
    hint: 'pg_read_all_data does not reach them: let a superuser dump, or grant each',
  });
}

async function newestIn(
  store: BackupStore,
  { sets, elsewhere }: Kept,
  live: LiveSource,
  backups: BackupTarget,
  see: See,
): Promise<void> {
  const latest = sets.find(({ missing, manifest }) => missing.length === 0 && manifest.engine === 'logical');
  if (latest === undefined) {
    const others = elsewhere.filter(({ manifest }) => manifest.source.database === backups.database);
    if (others.length > 0) {
      see.must(`${store.name}: backups are of this server`, false, {
        want: `system ${live.systemIdentifier}`,
        got: [...new Set(others.map(({ manifest }) => `system ${manifest.source.systemIdentifier}`))].join(
          ', ',
        ),
        hint: 'the job dumps another server, or this one is a new one: surety backup',
      });
      return;
    }
    see.blind(`${store.name}: backups`, 'there is no whole one to look at', { hint: 'surety backup' });
    return;
  }
  const { backup, manifest } = latest;
  const subject = `${store.name}: ${backup}`;
  const has = new Set(manifest.parts.map(({ part }) => part));
  see.equal(
    `${subject}: parts left out`,
    [],
    parts.filter((part) => !has.has(part)),
    {
      hint: 'globals are the roles, facts what a restore is compared with: surety backup makes them all',
    },
  );
  see.equal(`${subject}: what the role could not see`, [], [...(manifest.leftOut ?? [])], {
    hint: 'without their passwords restored roles cannot log in: let a superuser dump',
  });
  if (backups.holdsIdentity && has.has('facts')) await names(store, latest, live, backups, see);
  else counts(subject, latest, live, see);
}

/** Without an identity, the signed manifest says how many tables there were, and no names. */
function counts(subject: string, { manifest }: KeptSet, live: LiveSource, see: See): void {
  const want = `${live.tables.length} tables, as there are now`;
  const { tables, rows } = manifest.source;
  if (tables < live.tables.length) {
    see.blind(`${subject}: tables`, `${tables} of the ${live.tables.length} that there are now`, {
      hint: 'made since, or left out: surety backup, then prove it again; with an identity, by name',
    });
    return;
  }
  see.must(`${subject}: tables`, true, { want, got: `${tables} tables and ${rows} rows at the snapshot` });
  see.note(
    `${subject}: names`,
    'not compared: no identity here opens it, as it should be where backups are made',
  );
}

/** A table that is older than one that is in the backup was there at its snapshot. */
async function names(
  store: BackupStore,
  set: KeptSet,
  live: LiveSource,
  backups: BackupTarget,
  see: See,
): Promise<void> {
  const subject = `${store.name}: ${set.backup}`;
  const facts = await backups.sourceAt(store, set);
  const held = new Set(facts.tables.map(nameOf));
  const youngest = Math.max(
    0,
    ...live.tables.filter((table) => held.has(nameOf(table))).map(({ oid }) => oid),
  );
  const lacking = live.tables.filter((table) => !held.has(nameOf(table)));
  const gone = facts.tables.filter((table) => !live.tables.some((one) => nameOf(one) === nameOf(table)));
  // Where a name is gone as well, one of them may have been renamed.
  const leftOut = gone.length === 0 ? lacking.filter(({ oid }) => oid < youngest) : [];
  see.equal(`${subject}: tables left out`, [], listed(leftOut.map(nameOf)), {
    hint: 'they are older than others that it holds: see what the job leaves out',
  });
  const unsure = lacking.filter((table) => !leftOut.includes(table));
  if (unsure.length > 0) {
    see.blind(
      `${subject}: tables`,
      `made or renamed since, or left out: ${listed(unsure.map(nameOf)).join(', ')}`,
      {
        hint: 'surety backup, then prove it again',
      },
    );
  }
  const rows = facts.tables.reduce((sum, table) => sum + table.rows, 0);
  see.equal(
    `${subject}: tables and rows as signed`,
    `${set.manifest.source.tables}, ${set.manifest.source.rows}`,
    `${facts.tables.length}, ${rows}`,
    {
      hint: 'the manifest and what it is about disagree: do not count on this backup',
    },
  );
}

/** Each is a dump of its own. One that is backed up elsewhere is an exception, with its reason. */
async function otherDatabases(
  live: LiveSource,
  kept: readonly Kept[],
  backups: BackupTarget,
  see: See,
): Promise<void> {
  const oldest = new Date(backups.now().getTime() - backups.objectives.lossHours * hour).toISOString();
  const covered = new Set(
    kept
      .flatMap(({ elsewhere }) => elsewhere)
      .filter(({ manifest: { source, snapshot } }) => {
        const here = live.systemIdentifier ?? source.systemIdentifier;
        return source.systemIdentifier === here && snapshot >= oldest;
      })
      .map(({ manifest }) => manifest.source.database),
  );
  for (const database of live.otherDatabases) {
    try {
      const tables = await backups.tablesIn(database);
      if (tables === 0) see.note(`database ${database}`, 'holds no table');
      else {
        see.must(`database ${database}: backed up`, covered.has(database), {
          want: 'a backup of it in these stores',
          got: covered.has(database) ? 'there is one' : `none, and it holds ${tables} tables`,
          hint: `add a target of kind backup for it; or except it: surety except backup/complete`,
        });
      }
    } catch (error) {
      if (!(error instanceof SuretyError)) throw error;
      see.blind(`database ${database}: backed up`, error.message, { hint: error.hint });
    }
  }
}

function nameOf({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${schema}.${name}`;
}

function listed(all: readonly string[]): readonly string[] {
  return all.length > most ? [...all.slice(0, most), `${all.length - most} more`] : all;
}
