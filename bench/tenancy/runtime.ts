import { PrismaPg } from '@prisma/adapter-pg';
import { Kysely, sql as kyselySql, PostgresDialect } from 'kysely';
import pg from 'pg';
import { createTenancy, tenantPool, tenantTransaction } from '../../packages/guard/src/tenant/index.ts';
import { tenantDialect } from '../../packages/guard/src/tenant/kysely.ts';
import { tenantPrisma } from '../../packages/guard/src/tenant/prisma.ts';
import { readByRecipe, readThroughGuard } from '../../packages/guard/test/tenant/drizzle-shop.ts';
import { generatePrisma, type PrismaShopClass } from '../../packages/guard/test/tenant/prisma-shop.ts';
import { ann, openShop, setting } from '../../packages/guard/test/tenant/shop.ts';
import type { BenchRow } from '../bench.ts';
import { median } from '../median.ts';
import { slowLink } from './link.ts';

/** One way to ask for one note of a tenant. */
type Way = {
  readonly name: string;
  /** The name of the way that it is compared with. */
  readonly against?: string;
  ask(): Promise<unknown>;
};
type Ways = { readonly ways: readonly Way[]; close(): Promise<void> };

const plain = 'plain query';

/**
 * What naming the tenant costs: each way asks for the same row under the same policy, all in turn on one connection each, so that
 * what else the machine does falls on all of them. Medians. The plain query is one whose connection was named when it was opened.
 */
export async function runtimeRows({
  local = 1_500,
  far = 150,
  show = (_row: BenchRow): void => undefined,
} = {}): Promise<readonly BenchRow[]> {
  const [shop, prisma] = await Promise.all([openShop(), generatePrisma()]);
  try {
    const link = await slowLink(shop.server.port, 1);
    const farUrl = new URL(shop.url);
    farUrl.port = String(link.port);
    const near = await measured(await waysThrough(shop.url, prisma.Client), 'local', local);
    near.forEach(show);
    const beyond = await measured(await waysThrough(farUrl.href, prisma.Client), '2 ms link', far);
    beyond.forEach(show);
    link.close();
    return [...near, ...beyond];
  } finally {
    prisma.remove();
    await shop.stop();
  }
}

/** How often one way asks before it is the next one's turn: a server process that has slept is slower at first. */
const block = 10;

async function measured({ ways, close }: Ways, where: string, rounds: number): Promise<readonly BenchRow[]> {
  const times = new Map<string, number[]>(ways.map(({ name }) => [name, []]));
  const blocks = Math.ceil(rounds / block);
  const warmUp = Math.ceil(blocks / 5);
  for (let turn = -warmUp; turn < blocks; turn += 1) {
    for (const at of ways.keys()) {
      const way = ways[(at + turn + warmUp) % ways.length];
      if (way !== undefined) await askBlock(way, turn < 0 ? [] : (times.get(way.name) ?? []));
    }
  }
  await close();
  const medianOf = (name: string): number => median(times.get(name) ?? []);
  return ways.map(({ name, against = plain }) => ({
    measure: `${name}, ${where}`,
    value: medianOf(name),
    unit: 'ms',
    ...(name !== plain && {
      against: { name: against, value: medianOf(against), ratio: medianOf(name) / medianOf(against) },
    }),
  }));
}

async function askBlock({ ask }: Way, times: number[]): Promise<void> {
  await ask();
  for (let asked = 0; asked < block; asked += 1) {
    const start = performance.now();
    await ask();
    times.push(performance.now() - start);
  }
}

async function waysThrough(url: string, Prisma: PrismaShopClass): Promise<Ways> {
  const tenancy = createTenancy({ setting });
  const config = { connectionString: url, max: 1 };
  const named = new pg.Pool({ ...config, options: `-c ${setting}=${ann}` });
  const bare = new pg.Pool(config);
  const guarded = tenantPool(tenancy, config);
  const byId = 'select id, tenant, body from notes where id = $1';
  const asAnn = (ask: () => PromiseLike<unknown>) => () => tenancy.runAs(ann, ask);
  const orms = [kyselyWays, drizzleWays, prismaWays].flatMap((make) => make({ bare, guarded, Prisma }));
  const ways: readonly Way[] = [
    { name: plain, ask: () => named.query(byId, [2]) },
    { name: 'one-round-trip form', ask: asAnn(() => guarded.query(byId, [2])) },
    {
      name: 'transaction form',
      ask: () => tenantTransaction(tenancy, bare, ann, (tx) => tx.query(byId, [2])),
    },
    { name: 'BEGIN, set_config, query, COMMIT', ask: () => byHand(bare, byId) },
    ...orms.map((way) => ({ ...way, ask: way.name.endsWith('own recipe') ? way.ask : asAnn(way.ask) })),
  ];
  return {
    ways,
    async close() {
      await Promise.all([named.end(), bare.end(), guarded.end()]);
    },
  };
}

async function byHand(pool: pg.Pool, text: string): Promise<unknown> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('select set_config($1, $2, true)', [setting, ann]);
    const result = await client.query(text, [2]);
    await client.query('commit');
    return result;
  } finally {
    client.release();
  }
}

type Means = {
  readonly bare: pg.Pool;
  readonly guarded: ReturnType<typeof tenantPool>;
  readonly Prisma: PrismaShopClass;
};

function pair(
  orm: string,
  own: () => PromiseLike<unknown>,
  through: () => PromiseLike<unknown>,
): readonly Way[] {
  const recipe = `${orm}, its own recipe`;
  return [
    { name: recipe, ask: async () => own() },
    { name: `${orm}, through the guard`, against: recipe, ask: async () => through() },
  ];
}

function kyselyWays({ bare, guarded }: Means): readonly Way[] {
  type Database = { notes: { id: number; tenant: string; body: string } };
  const own = new Kysely<Database>({ dialect: new PostgresDialect({ pool: bare }) });
  const through = new Kysely<Database>({ dialect: tenantDialect(guarded) });
  const note = (db: Kysely<Database>): Promise<unknown> =>
    db.selectFrom('notes').selectAll().where('id', '=', 2).execute();
  return pair(
    'Kysely',
    () =>
      own.transaction().execute(async (tx) => {
        await kyselySql`select set_config(${setting}, ${ann}, true)`.execute(tx);
        return note(tx);
      }),
    () => note(through),
  );
}

function drizzleWays({ bare, guarded }: Means): readonly Way[] {
  const own = readByRecipe(bare, ann);
  const through = readThroughGuard(guarded);
  return pair(
    'Drizzle',
    () => own(2),
    () => through(2),
  );
}

/** Prisma's recipe for row security is a batch of two in a transaction, out of an extension. */
function prismaWays({ bare, guarded, Prisma }: Means): readonly Way[] {
  const own = new Prisma({ adapter: new PrismaPg(bare) });
  const through = tenantPrisma(guarded, (adapter) => new Prisma({ adapter }));
  return pair(
    'Prisma',
    () =>
      own.$transaction<[unknown, unknown]>([
        own.$executeRawUnsafe('select set_config($1, $2, true)', setting, ann),
        own.note.findMany({ where: { id: 2 } }),
      ]),
    () => through.note.findMany({ where: { id: 2 } }),
  );
}
