import type { Attempt } from '@surety/evidence';
import { SuretyError } from '../../../core/error.ts';
import type { CatalogRelation } from '../catalog/catalog.ts';
import { reachesOutside } from '../catalog/triggers.ts';
import { blind, SqlError } from '../sql-error.ts';
import type { Tie } from '../tenancy/tenancy.ts';
import type { Command, Party, Tried } from '../types.ts';
import { give, mergeDelete, mergeUpdate, remove, SlowError, take, update } from './changes.ts';
import { copyIn, insert, insertOrNothing, insertOrUpdate, mergeInsert } from './inserts.ts';
import { type Act, type ActName, matrix } from './matrix.ts';
import { broken, fromError, isStuck, type Outcome } from './outcome.ts';
import { copyOut, readAll, readByKey } from './reads.ts';
import type { Stance } from './stance.ts';

/** A party that acts for real, and whose every act is taken back. */
export function makeParty(stance: Stance): Party {
  const reasons = matrix.map((act) => ({ act, why: whyNot(stance, act) }));
  return {
    actor: stance.actor,
    acts: reasons.flatMap(({ act, why }) => (why === null ? [act] : [])),
    leftOut: reasons.flatMap(({ act, why }) => (why === null ? [] : [{ act, why }])),
    try: (name) => attempt(stance, name),
    tryAll: (acts) => tryAll(stance, acts),
  };
}

/** Acts under way at a time: enough to keep both sides busy, few where each of them takes its time limit. */
const abreast = 8;
/** How often one table may keep everybody waiting. */
const patience = 2;

async function tryAll(stance: Stance, acts: readonly Act[]): Promise<readonly Tried[]> {
  const attempts = new Map<ActName, Attempt>();
  const isSpent = (): boolean => [...attempts.values()].filter(isStuck).length >= patience;
  const quick = acts.filter(({ name }) => mayHurry(stance, name));
  for (let from = 0; from < quick.length && !isSpent(); from += abreast) {
    const some = quick.slice(from, from + abreast);
    const answers = await Promise.all(some.map(({ name }) => hurried(stance, name)));
    for (const [index, { name }] of some.entries()) {
      const answer = answers[index];
      if (answer != null) attempts.set(name, answer);
    }
  }
  for (const { name } of acts) {
    if (isSpent()) break;
    if (!attempts.has(name)) attempts.set(name, await attempt(stance, name));
  }
  return acts.flatMap((act) => {
    const attempt = attempts.get(act.name);
    return attempt === undefined ? [] : [{ act, attempt }];
  });
}

/** `null`: it has to be tried by itself. */
async function hurried(stance: Stance, name: ActName): Promise<Attempt | null> {
  try {
    return await attempt({ ...stance, hurried: true }, name);
  } catch (error) {
    if (error instanceof SlowError) return null;
    throw error;
  }
}

/** Whether the act sends all that it ever will before it waits for an answer. */
function mayHurry({ isOwner, session, tie }: Stance, name: ActName): boolean {
  const [act] = matrix.filter((candidate) => candidate.name === name);
  if (name === 'copy in') return false;
  if (isOwner) return true;
  if (name === 'read everything') return session.inspector !== null;
  if (name.includes('everything') || name === 'update, taking rows') return false;
  const inserts = act?.commands.some((command) => command === 'insert') ?? false;
  return !inserts || !tie.relation.triggers.some(({ commands }) => commands.includes('insert'));
}

/** Why nobody could do that on this table at all, or `null`. */
function whyNot({ session, tie }: Stance, act: Act): string | null {
  const { relation } = tie;
  if ('since' in act && act.since > session.version) {
    return `PostgreSQL ${session.version} has no such statement`;
  }
  switch (act.name) {
    case 'copy out':
      return session.parents.has(relation.oid)
        ? 'COPY leaves out what partitions and children hold; they are copied by a query'
        : null;
    case 'update, taking rows':
    case 'update, giving rows away':
      return isMovable(tie) ? null : 'the role may not change whose a row is';
    case 'insert or update':
    case 'insert or update, returning':
      if (relation.uniques.length === 0) return 'there is no key to conflict with';
      return relation.grants.includes('insert') && !canNameKey(relation)
        ? 'the role may not write a key that it could conflict with'
        : null;
    default:
      return null;
  }
}

function isMovable({ relation, columns }: Tie): boolean {
  return columns.every((name) =>
    relation.columns.some((column) => column.name === name && column.grants.includes('update')),
  );
}

function canNameKey({ uniques, columns }: CatalogRelation): boolean {
  const [key] = uniques;
  return (
    key !== undefined && columns.every(({ name, grants }) => !key.includes(name) || grants.includes('insert'))
  );
}

async function attempt(stance: Stance, name: ActName): Promise<Attempt> {
  const { session, become, actor, tie, missing } = stance;
  const act = matrix.find((candidate) => candidate.name === name);
  const writes = (act?.commands ?? []).filter((command: Command) => command !== 'select');
  const trigger = writes
    .map((command) => reachesOutside(tie.relation, command))
    .find((found) => found !== null);
  const obstacle =
    trigger === undefined || trigger === null
      ? missing
      : `trigger ${trigger.name} reaches outside of the database, so it is not fired`;
  const { result, detail } =
    obstacle === null
      ? await (stance.hurried ? session.sent : session.tried)(become, () => outcomeOf(stance, name)).catch(
          fromErrorOrBlind,
        )
      : broken(obstacle);
  return { act: `${tie.relation}: ${name}`, actor, method: 'attack', result, detail };
}

function outcomeOf(stance: Stance, name: ActName): Promise<Outcome> {
  const all = (returning: boolean) => ({ rows: 'all', returning }) as const;
  const byKey = (returning: boolean) => ({ rows: 'by key', returning }) as const;
  const listed = { rows: 'joined', returning: false } as const;
  switch (name) {
    case 'read by key':
      return readByKey(stance);
    case 'read everything':
      return readAll(stance);
    case 'lock by key, for update':
      return readByKey(stance, 'for update');
    case 'lock by key, for share':
      return readByKey(stance, 'for share');
    case 'copy out':
      return copyOut(stance, 'table');
    case 'copy out, by query':
      return copyOut(stance, 'query');
    case 'insert':
      return insert(stance, false);
    case 'insert, returning':
      return insert(stance, true);
    case 'insert or nothing':
      return insertOrNothing(stance);
    case 'insert or update':
      return insertOrUpdate(stance, false);
    case 'insert or update, returning':
      return insertOrUpdate(stance, true);
    case 'merge, inserting':
      return mergeInsert(stance);
    case 'copy in':
      return copyIn(stance);
    case 'update by key':
      return update(stance, name, byKey(false));
    case 'update by key, returning':
      return update(stance, name, byKey(true));
    case 'update everything':
      return update(stance, name, all(false));
    case 'update everything, returning':
      return update(stance, name, all(true));
    case 'update from a list':
      return update(stance, name, listed);
    case 'merge, updating by key':
      return mergeUpdate(stance, name);
    case 'update, taking rows':
      return take(stance, name);
    case 'update, giving rows away':
      return give(stance);
    case 'delete by key':
      return remove(stance, name, byKey(false));
    case 'delete by key, returning':
      return remove(stance, name, byKey(true));
    case 'delete everything':
      return remove(stance, name, all(false));
    case 'delete everything, returning':
      return remove(stance, name, all(true));
    case 'delete using a list':
      return remove(stance, name, listed);
    case 'merge, deleting by key':
      return mergeDelete(stance, 'matched');
    case 'merge, deleting what is not named':
      return mergeDelete(stance, 'not matched');
  }
}

function fromErrorOrBlind(error: unknown): Outcome {
  if (error instanceof SqlError) return fromError(error);
  throw error instanceof SuretyError || error instanceof SlowError
    ? error
    : blind(error, 'the application’s role');
}
