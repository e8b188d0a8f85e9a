import { randomBytes } from 'node:crypto';
import type { AttackSession } from '../attack/attack-session.ts';
import type { Row } from '../attack/rows.ts';
import { type Catalog, type CatalogRelation, type Column, isTable } from '../catalog/catalog.ts';
import { SqlError } from '../sql-error.ts';
import type { Tenancy, Tie } from '../tenancy/tenancy.ts';
import { rowsOf, type TwoTenants } from '../tenancy/tenants.ts';

/** What the owner's rows are known by, wherever they turn up. Stays inside the target: never part of an observation. */
export type Marks = {
  /** Values that are in the database already. */
  readonly uuids: readonly string[];
  readonly texts: readonly string[];
  /** Few enough to be looked for inside of longer texts and documents. */
  readonly within: readonly string[];
  /**
   * What every planted text holds (`tenant`: in the table of tenants), and how every planted uuid begins: nothing else in
   * the database does.
   */
  readonly planted: { readonly text: string; readonly tenant: string; readonly uuid: string };
  /** The owner's row in the table of tenants: what signing in has to find. */
  readonly ofTenant: ReadonlySet<string>;
  /** Its unique texts, by which somebody looks a tenant up: an email. */
  readonly names: readonly string[];
  /** Keys of its rows, by table, for functions that want one. */
  readonly keys: readonly OwnedKey[];
  /** Rows of the owner by table, to copy from. */
  readonly rows: ReadonlyMap<number, readonly Row[]>;
};

export type OwnedKey = { readonly table: CatalogRelation; readonly column: Column; readonly value: string };

/** So many are sent along with every search, and so many of them are looked for inside of texts. */
const most = 300;
const mostWithin = 12;

/** Reads the marks of the owner. None at all where it has no row that tells it from everybody else. */
export async function marksOf(session: AttackSession, catalog: Catalog, tenants: TwoTenants): Promise<Marks> {
  const { tenancy } = session;
  const ties = catalog.relations.flatMap((relation): readonly Tie[] => {
    const tie =
      isTable(relation) && relation.parents.length === 0 ? tenancy.ties.get(relation.oid) : undefined;
    return tie === undefined ? [] : [tie];
  });
  const rows = new Map<number, readonly Row[]>();
  for (const tie of rootFirst(ties, tenancy)) {
    if (!tie.relation.columns.some(({ name }) => session.mayRead(tie.relation, name))) continue;
    rows.set(tie.relation.oid, await ownRows(session, tie, tenants));
  }
  const keys = [...rows].flatMap(([oid, owned]) => {
    const table = catalog.relation(oid);
    return table === undefined ? [] : keysAmong(table, owned.slice(0, 2), tenancy);
  });
  const distinct = keys.filter(({ column, value }) => isDistinct(column, value));
  const root = distinct.filter(({ table }) => table.oid === tenancy.root.oid);
  const values = [...new Set(distinct.map(({ value }) => value))].slice(0, most);
  const uuids = values.filter((value) => isUuid.test(value));
  const planted = { text: plantedText(), tenant: plantedText(), uuid: plantedUuid() };
  return {
    uuids,
    texts: values,
    within: values.slice(0, mostWithin),
    planted,
    ofTenant: new Set([...root.map(({ value }) => value), planted.tenant]),
    names: root.filter(({ column }) => column.category === 'S').map(({ value }) => value),
    keys,
    rows,
  };
}

/** What may not be read gives no marks; the attack on the table says so. */
async function ownRows(session: AttackSession, tie: Tie, tenants: TwoTenants): Promise<readonly Row[]> {
  try {
    return await rowsOf(session, tie, tenants.owner, tenants.thief);
  } catch (error) {
    if (error instanceof SqlError) return [];
    throw error;
  }
}

/** The tenant itself, the scopes that it is a member of, then the rest: what a log names first comes first. */
function rootFirst(ties: readonly Tie[], { root }: Tenancy): readonly Tie[] {
  const rank = ({ relation, links }: Tie): number =>
    relation.oid === root.oid ? 0 : links.length === 0 ? 1 : 2;
  return [...ties].sort((a, b) => rank(a) - rank(b));
}

/** Values of columns that are unique by themselves: nobody else's row has them. One table gives its first rows'. */
function keysAmong(table: CatalogRelation, rows: readonly Row[], { ties }: Tenancy): readonly OwnedKey[] {
  const shared = table.foreignKeys.filter(({ to }) => !ties.has(to)).flatMap(({ columns }) => columns);
  const single = table.uniques.flatMap(([name, second]) =>
    name === undefined || second !== undefined || shared.includes(name) ? [] : [name],
  );
  const columns = table.columns.filter(({ name }) => single.includes(name));
  return rows.flatMap((row) =>
    columns.flatMap((column): readonly OwnedKey[] => {
      const value = row.get(column.name) ?? null;
      return value === null ? [] : [{ table, column, value }];
    }),
  );
}

const isUuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * Small numbers and plain words turn up everywhere: a shared table may hold the same name of a month, a plan or a
 * category. What is left is long, and is an address, a number of many digits, or letters mixed with digits.
 */
function isDistinct({ category }: Column, value: string): boolean {
  if (isUuid.test(value)) return true;
  if (category === 'N') return /^\d{12,}$/.test(value);
  if (category !== 'S' || value.length < 8) return false;
  return (
    /\S@\S/.test(value) || /\d.*\d.*\d.*\d.*\d.*\d/.test(value) || /^(?=.*\d)(?=.*\D).{16,}$/.test(value)
  );
}

function plantedText(): string {
  return `surety${randomBytes(6).toString('hex')}`;
}

/** `1a2b3c4d-5e6f-4`: 48 bits that no other uuid begins with. */
function plantedUuid(): string {
  const hex = randomBytes(6).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-4`;
}

/** Everything that a row of the owner may be known by, planted and found. */
export function allMarks({ texts, planted }: Marks): readonly string[] {
  return [...texts, ...Object.values(planted)];
}
