import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setImmediate as later } from 'node:timers/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import { and, eq, gt, sql } from 'drizzle-orm';
import { Kysely } from 'kysely';
import { tenantDrizzle } from '../../src/tenant/drizzle.ts';
import { type TenantPool, tenantPool } from '../../src/tenant/index.ts';
import { tenantDialect } from '../../src/tenant/kysely.ts';
import { tenantPrisma } from '../../src/tenant/prisma.ts';
import { notes as notesTable } from './drizzle-shop.ts';
import { type GeneratedPrisma, generatePrisma, type PrismaNotes, type PrismaShop } from './prisma-shop.ts';
import { ann, bob, openShop, type Shop, tenancy } from './shop.ts';

let shop: Shop;
let prisma: GeneratedPrisma;
before(async () => {
  [shop, prisma] = await Promise.all([openShop(), generatePrisma()]);
});
after(async () => {
  prisma.remove();
  await shop.stop();
});

const as = tenancy.runAs;
const refused = (code: string) => (error: unknown) => tenantCode(error) === code;

/** Drizzle wraps what the driver threw; Prisma keeps its code and message. */
function tenantCode(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return tenantCode(error.cause);
}

type Notes = {
  /** Whose notes can be seen. */
  all(): Promise<readonly string[]>;
  /** Whose the note is. */
  one(id: number): Promise<string | null>;
  rename(id: number, body: string): Promise<number>;
};
type Orm = Notes & { transaction<T>(work: (notes: Notes) => Promise<T>): Promise<T> };

const orms: Readonly<Record<string, (pool: TenantPool) => Orm>> = { kysely, drizzle, prisma: prismaOrm };

for (const [name, open] of Object.entries(orms)) {
  for (const max of [1, 3]) {
    describe(`${name} on ${max} connections`, () => {
      let pool: TenantPool;
      let orm: Orm;
      let trips = 0;
      before(() => {
        pool = tenantPool(tenancy, { connectionString: shop.url, max });
        pool.on('connect', ({ connection }) => {
          connection.on('readyForQuery', () => {
            trips += 1;
          });
        });
        orm = open(pool);
      });
      after(() => pool.end());

      test('a single query is one round trip', async () => {
        await as(ann, () => orm.all());
        trips = 0;
        assert.deepEqual(await as(bob, () => orm.all()), [bob]);
        assert.equal(trips, 1);
      });

      test('two tenants interleaved: none sees the other, read or written, in a transaction or not', async () => {
        const wrong: string[] = [];
        const look = async (notes: Notes, tenant: string, turn: number): Promise<void> => {
          const [own, foreign] = tenant === ann ? [2, 1] : [1, 2];
          if ((await notes.all()).join() !== tenant) wrong.push(`${turn} all`);
          const both = await Promise.all([notes.one(own), notes.one(foreign)]);
          if (both[0] !== tenant || both[1] !== null) wrong.push(`${turn} one`);
          if ((await notes.rename(foreign, 'stolen')) !== 0) wrong.push(`${turn} write`);
        };
        await Promise.all(
          Array.from({ length: 60 }, (_, turn) => {
            const tenant = turn % 2 === 0 ? ann : bob;
            return as(tenant, async () => {
              if (turn % 3 === 0) await later();
              return turn % 4 < 2
                ? look(orm, tenant, turn)
                : orm.transaction((notes) => look(notes, tenant, turn));
            });
          }),
        );
        assert.deepEqual(wrong, []);
        const { rows } = await shop.admin("select id from notes where body = 'stolen'");
        assert.deepEqual(rows, []);
      });

      test('what a transaction wrote is undone with it', async () => {
        const failing = as(ann, () =>
          orm.transaction(async (notes) => {
            assert.equal(await notes.rename(2, 'lost'), 1);
            throw new Error('changed my mind');
          }),
        );
        await assert.rejects(failing, /changed my mind/);
        assert.equal(await as(ann, () => orm.transaction((notes) => notes.rename(4, 'kept'))), 1);
        const { rows } = await shop.admin('select body from notes where id in (2, 4) order by id');
        assert.deepEqual(rows, [{ body: 'note 2' }, { body: 'kept' }]);
        await shop.admin("update notes set body = 'note ' || id");
      });

      test('without a tenant nothing is sent', async () => {
        trips = 0;
        await assert.rejects(orm.all(), refused('tenant/none'));
        await assert.rejects(
          orm.transaction((notes) => notes.all()),
          refused('tenant/none'),
        );
        assert.equal(trips, 0);
        assert.deepEqual(await as(ann, () => orm.all()), [ann]);
      });

      test('a transaction of one tenant is not another’s', async () => {
        const mixed = as(ann, () => orm.transaction((notes) => as(bob, () => notes.all())));
        await assert.rejects(mixed, refused('tenant/changed'));
        assert.deepEqual(await as(bob, () => orm.all()), [bob]);
      });
    });
  }
}

describe('prisma', () => {
  const bothAsk = (client: PrismaNotes): Promise<readonly (string | undefined)[]> =>
    Promise.all(
      [ann, bob].map((tenant) =>
        as(tenant, async () => (await client.note.findUnique({ where: { id: 2 } }))?.tenant),
      ),
    );

  test('merges what two tenants ask in one tick; that is why it needs more than a pool', async () => {
    const pool = tenantPool(tenancy, { connectionString: shop.url });
    const plain = new prisma.Client({ adapter: new PrismaPg(pool) });
    assert.deepEqual(await bothAsk(plain), [ann, ann]);
    await plain.$disconnect();
    await pool.end();
  });

  test('through the guard each tenant asks for itself, and one tenant’s questions are still merged', async () => {
    const pool = tenantPool(tenancy, { connectionString: shop.url, max: 1 });
    const client = tenantPrisma(pool, (adapter) => new prisma.Client({ adapter }));
    assert.deepEqual(await bothAsk(client), [ann, undefined]);
    let queries = 0;
    pool.on('acquire', () => {
      queries += 1;
    });
    const found = await as(ann, () =>
      Promise.all([1, 2, 3, 4].map((id) => client.note.findUnique({ where: { id } }))),
    );
    assert.deepEqual(
      found.map((note) => note?.id ?? null),
      [null, 2, null, 4],
    );
    assert.equal(queries, 1);
    await client.$disconnect();
    await pool.end();
  });

  test('a batch is one transaction of its caller, undone as a whole', async () => {
    const pool = tenantPool(tenancy, { connectionString: shop.url, max: 2 });
    const client = tenantPrisma(pool, (adapter) => new prisma.Client({ adapter }));
    const batch = (tenant: string): Promise<number> =>
      as(tenant, async () => {
        const [notes, renamed] = await client.$transaction<
          [readonly { tenant: string }[], { count: number }]
        >([client.note.findMany(), client.note.updateMany({ data: { body: `of ${tenant}` } })]);
        assert.ok(notes.every((note) => note.tenant === tenant));
        return renamed.count;
      });
    assert.deepEqual(await Promise.all([ann, bob, ann, bob].map(batch)), [3, 3, 3, 3]);
    const failing = as(ann, () =>
      client.$transaction([
        client.note.updateMany({ data: { body: 'lost' } }),
        client.$executeRawUnsafe('select nonsense'),
      ]),
    );
    await assert.rejects(failing);
    const { rows } = await shop.admin("select id from notes where body <> 'of ' || tenant");
    assert.deepEqual(rows, []);
    await shop.admin("update notes set body = 'note ' || id");
    await client.$disconnect();
    await pool.end();
  });

  test('takes an isolation level, ends a transaction that takes too long, and refuses two statements', async () => {
    const pool = tenantPool(tenancy, { connectionString: shop.url, max: 1 });
    const client = tenantPrisma(pool, (adapter) => new prisma.Client({ adapter }));
    await as(ann, async () => {
      const seen = await client.$transaction((tx) => tx.note.findMany(), { isolationLevel: 'Serializable' });
      assert.equal(seen.length, 3);
      const late = client.$transaction(
        async (tx) => {
          await tx.note.updateMany({ data: { body: 'late' } });
          await new Promise((resolve) => setTimeout(resolve, 300));
          await tx.note.findMany();
        },
        { timeout: 100 },
      );
      await assert.rejects(late);
      await assert.rejects(client.$executeRawUnsafe(`select 1; set app.current_user_id = '${bob}'`));
    });
    assert.equal((await as(bob, () => client.note.findMany({ where: { body: 'late' } }))).length, 0);
    assert.equal((await shop.admin("select 1 from notes where body = 'late'")).rowCount, 0);
    await client.$disconnect();
    await pool.end();
  });

  test('another kind of client is refused at once', () => {
    const pool = tenantPool(tenancy, { connectionString: shop.url });
    assert.throws(
      () => tenantPrisma(pool, () => ({ _clientVersion: '8.0.0', _requestHandler: {} })),
      refused('tenant/driver'),
    );
    assert.throws(
      () => tenantPrisma(pool, () => ({ _clientVersion: '7.99.0', _requestHandler: {} })),
      refused('tenant/driver'),
    );
  });
});

function kysely(pool: TenantPool): Orm {
  type Database = { notes: { id: number; tenant: string; body: string } };
  const db = new Kysely<Database>({ dialect: tenantDialect(pool) });
  const notes = (on: Kysely<Database>): Notes => ({
    all: async () =>
      (await on.selectFrom('notes').select('tenant').distinct().execute()).map(({ tenant }) => tenant),
    one: async (id) =>
      (await on.selectFrom('notes').select('tenant').where('id', '=', id).executeTakeFirst())?.tenant ?? null,
    rename: async (id, body) =>
      Number(
        (await on.updateTable('notes').set({ body }).where('id', '=', id).executeTakeFirst()).numUpdatedRows,
      ),
  });
  return { ...notes(db), transaction: (work) => db.transaction().execute((tx) => work(notes(tx))) };
}

function drizzle(pool: TenantPool): Orm {
  const db = tenantDrizzle(pool);
  const notes = (on: Pick<typeof db, 'select' | 'selectDistinct' | 'update'>): Notes => ({
    all: async () =>
      (await on.selectDistinct({ tenant: notesTable.tenant }).from(notesTable)).map(({ tenant }) => tenant),
    one: async (id) => (await on.select().from(notesTable).where(eq(notesTable.id, id)))[0]?.tenant ?? null,
    rename: async (id, body) =>
      (
        await on
          .update(notesTable)
          .set({ body })
          .where(and(eq(notesTable.id, id), gt(sql`1`, 0)))
      ).rowCount ?? 0,
  });
  return { ...notes(db), transaction: (work) => db.transaction((tx) => work(notes(tx))) };
}

function prismaOrm(pool: TenantPool): Orm {
  const client: PrismaShop = tenantPrisma(pool, (adapter) => new prisma.Client({ adapter }));
  const notes = (on: PrismaNotes): Notes => ({
    all: async () => [...new Set((await on.note.findMany()).map(({ tenant }) => tenant))],
    one: async (id) => (await on.note.findUnique({ where: { id } }))?.tenant ?? null,
    rename: async (id, body) => (await on.note.updateMany({ where: { id }, data: { body } })).count,
  });
  return {
    ...notes(client),
    transaction: (work) => client.$transaction((tx) => work(notes(tx)), { maxWait: 30_000, timeout: 30_000 }),
  };
}
