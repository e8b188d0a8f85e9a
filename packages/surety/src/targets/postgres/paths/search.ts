import type { AttackSession } from '../attack/attack-session.ts';
import { type Catalog, type CatalogRelation, isTable } from '../catalog/catalog.ts';
import type { Doubt } from '../tenancy/doubts.ts';
import type { Tie } from '../tenancy/tenancy.ts';
import { rowsOf, type TwoTenants } from '../tenancy/tenants.ts';
import { disturbedBy } from './disturbed.ts';
import { type Echoes, readEchoes } from './echoes.ts';
import { type Trial, tryFunction } from './function-search.ts';
import { type Callable, readCallables } from './functions.ts';
import { lawfulTo } from './lawful.ts';
import { type Marks, marksOf } from './marks.ts';
import { plantMarks, setOff } from './plant.ts';
import {
  type RelationSearch,
  readablePopulation,
  readableRelations,
  searchRelations,
  sightingsOf,
} from './relation-search.ts';
import { callingSql, type Round, roundsOf } from './rounds.ts';
import { marksSeen } from './search-sql.ts';
import type { Findings, MarkerSearch, Sighting } from './sighting.ts';

/**
 * Looks for what is the owner's wherever the other tenant may look: tables without a tenant, views, copies, and answers
 * of functions. Before that, both write what they may, so that triggers and rules have done what they do.
 */
export async function searchPaths(
  session: AttackSession,
  catalog: Catalog,
  tenants: TwoTenants,
): Promise<MarkerSearch> {
  const { app, tenancy } = session;
  const marks = await marksOf(session, catalog, tenants);
  const relations = readableRelations(catalog);
  const places = await readablePopulation(app, relations);
  const echoes = await readEchoes(app);
  const ties = catalog.relations.flatMap((relation): readonly Tie[] => {
    const tie = isTable(relation) ? tenancy.ties.get(relation.oid) : undefined;
    return tie === undefined || relation.grants.length === 0 ? [] : [tie];
  });
  const calling = new Set((await app.rows<{ oid: number }>(callingSql)).map(({ oid }) => oid));
  const rounds = roundsOf({ session, catalog, ties, readable: relations, echoes, calling });
  const callables = await readCallables(app, catalog, tenancy.setting);
  const desk: Desk = { session, catalog, tenants, marks, ties, echoes, callables };
  const found: Found[] = [];
  for (const round of rounds) {
    if (found.length > 0) await session.clear();
    found.push(await searchAfter(desk, round));
  }
  const seen = sightingsOf(
    relations,
    found.map(({ search }) => search),
  );
  const trials = callables.map(
    (callable): Tried => ({
      callable,
      trial: gravestTrial(found.flatMap((one) => one.trials.get(callable) ?? [])),
    }),
  );
  const planted = found.reduce((sum, one) => sum + one.planted, 0);
  const disturbed = new Map(found.flatMap((one) => one.disturbed).map((one) => [one.subject, one]));
  return {
    places,
    relations: {
      seen,
      doubts: noMarks(marks, planted),
      notes: [
        {
          subject: 'relations without marks',
          got: `${relations.length - seen.length} of ${relations.length} show none to either tenant`,
        },
      ],
    },
    doors: {
      seen: [...disturbed.values(), ...trials.flatMap(functionSighting)],
      doubts: [...trials.flatMap(functionDoubt), ...ruleDoubts(catalog)],
      notes: [...trials.flatMap(functionNote), ...triggerNotes(catalog)],
    },
  };
}

type Desk = {
  readonly session: AttackSession;
  readonly catalog: Catalog;
  readonly tenants: TwoTenants;
  readonly marks: Marks;
  /** Tables that the role may do something with, whose rows lead to a tenant. */
  readonly ties: readonly Tie[];
  readonly echoes: Echoes;
  readonly callables: readonly Callable[];
};

type Found = {
  readonly disturbed: readonly Sighting[];
  readonly search: RelationSearch;
  readonly trials: ReadonlyMap<Callable, Trial>;
  /** How many tables a marked row came into. */
  readonly planted: number;
};

/** Both tenants write to some tables; then it is looked for wherever that may show. */
async function searchAfter(desk: Desk, round: Round): Promise<Found> {
  const { session, catalog, tenants, marks, ties, echoes, callables } = desk;
  const { owner, thief } = tenants;
  const ownRow = async (tie: Tie) => (await rowsOf(session, tie, thief, owner))[0] ?? null;
  const stirUp = () => setOff(session, round.ties, thief, ownRow, echoes);
  const isEchoing = round.ties.some(({ relation }) => echoes.has(relation.oid));
  // Before the owner writes, who would set off the same.
  const disturbed = isEchoing
    ? await session.undone(() => disturbedBy(session, ties, owner, marks, echoes, stirUp))
    : [];
  const planted = await plantMarks(session, round.ties, owner, marks, echoes);
  await stirUp();
  const isLawful = lawfulTo(session, catalog, thief);
  const showsOwnOnly = async (relation: CatalogRelation): Promise<boolean> =>
    isLawful(await marksSeen(session, relation, thief, marks));
  const search = await searchRelations(session, round, tenants, marks, planted, showsOwnOnly);
  const trials = new Map<Callable, Trial>();
  for (const callable of callables.filter(round.shownBy)) {
    trials.set(callable, await tryFunction(session, callable, tenants, marks, isLawful));
  }
  return { disturbed, search, trials, planted: planted.size };
}

/** What a function showed in one round counts, whatever it did in others. */
function gravestTrial(trials: readonly Trial[]): Trial {
  const rank = ['shown', 'lookup', 'kept', 'silent', 'uncalled'] as const;
  const [gravest] = trials.toSorted((a, b) => rank.indexOf(a.result) - rank.indexOf(b.result));
  return gravest ?? { result: 'uncalled', why: 'nothing was written that it could show' };
}

type Tried = { readonly callable: Callable; readonly trial: Trial };

function noMarks({ texts }: Marks, planted: number): readonly Doubt[] {
  if (texts.length + planted > 0) return [];
  return [
    {
      subject: 'marks of the owner',
      missing:
        'no row of the owner can be told from others’: no uuid, no unique text, and none could be planted',
      hint: 'seed a tenant with rows that have a unique text or uuid',
    },
  ];
}

function functionSighting({ callable, trial }: Tried): readonly Sighting[] {
  if (trial.result !== 'shown' && trial.result !== 'kept') return [];
  const act = `${callable.name}: call it for what is the owner’s`;
  const shown = trial.result === 'shown';
  return [
    {
      subject: `function ${callable.name}: other tenant calls it`,
      witness: `function ${callable.name}: owner calls it`,
      owner: {
        act,
        actor: 'owner',
        method: 'attack',
        result: 'done',
        detail: shown ? 'not needed' : trial.how,
      },
      thief: {
        act,
        actor: 'other tenant',
        method: 'attack',
        result: shown ? 'done' : 'refused',
        detail: shown ? trial.how : '0 rows',
      },
      hint: `let ${callable.name} ask for the tenant, or revoke execute on it from public and the application’s role`,
    },
  ];
}

/** A function above row security that nobody could try, or that showed nothing to try it by, may do anything. */
function functionDoubt({ callable, trial }: Tried): readonly Doubt[] {
  const { above, name, owner } = callable;
  const settled = trial.result === 'shown' || trial.result === 'kept';
  if (above === null || settled || (trial.result === 'lookup' && above === 'opened')) return [];
  const why = above === 'exempt' ? 'whom row security does not bind' : 'whom a policy of its own lets in';
  return [
    {
      subject: `function ${name}`,
      missing: `${triedOf(trial)}, and it runs as ${owner}, ${why}`,
      hint: 'let a role own it that row security binds, or revoke execute from public and the application’s role',
    },
  ];
}

function triedOf(trial: Trial): string {
  if (trial.result === 'uncalled') return `nobody tried what it shows or changes: ${trial.why}`;
  if (trial.result === 'lookup') return 'it finds a tenant by its exact name';
  return 'called with what is the owner’s, it showed nothing to either tenant';
}

function functionNote({ callable, trial }: Tried): Findings['notes'] {
  const { name, above, owner } = callable;
  if (trial.result === 'lookup' && above === 'opened') {
    return [
      {
        subject: `function ${name}`,
        got: `runs as ${owner}; finds one tenant by its exact name, as signing in must, and nothing by less`,
      },
    ];
  }
  if (above !== null || trial.result === 'shown' || trial.result === 'kept') return [];
  return [{ subject: `function ${name}`, got: `runs as ${owner}, whom row security binds` }];
}

function ruleDoubts({ sideDoors }: Catalog): readonly Doubt[] {
  return sideDoors
    .filter(({ kind, onView }) => kind === 'rule' || onView)
    .map(({ kind, name, owner }) => ({
      subject: `${kind} ${name}`,
      missing: `nobody tried all that it does as ${owner}, whom row security does not bind`,
      hint:
        kind === 'rule'
          ? 'drop the rule, or let a role own the table that row security binds'
          : 'let a role own its function that row security binds',
    }));
}

/** What they do shows in tables, where it was looked for. */
function triggerNotes({ sideDoors }: Catalog): Findings['notes'] {
  return sideDoors
    .filter(({ kind, onView }) => kind === 'trigger' && !onView)
    .map(({ name, owner }) => ({
      subject: `trigger ${name}`,
      got: `runs as ${owner}, whom row security does not bind; what it does was looked for in every table`,
    }));
}
