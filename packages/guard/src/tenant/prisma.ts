import { PrismaPg } from '@prisma/adapter-pg';
import { TenantError } from './error.ts';
import type { TenantPool } from './pool.ts';
import type { Tenancy } from './tenancy.ts';

/**
 * A Prisma client whose every query names its tenant. Use this and not `new PrismaPg(tenantPool)`: Prisma gathers
 * the queries of one tick, of whichever request, and sends them in the context of the first.
 *
 * @example
 * const prisma = tenantPrisma(pool, (adapter) => new PrismaClient({ adapter }));
 * const accounts = await tenancy.runAs(userId, () => prisma.account.findMany());
 *
 * @throws {TenantError} `tenant/driver` when this Prisma is not one whose loader can be told apart by tenant
 */
export function tenantPrisma<Client extends object>(
  pool: TenantPool,
  create: (adapter: PrismaPg) => Client,
): Client {
  const client = create(new PrismaPg(pool));
  loadByScope(pool.tenancy, client);
  return client;
}

type Loader = { request(request: unknown): Promise<unknown> };

/**
 * Prisma's loader merges `findUnique` of one tick into one `IN (…)`, and starts batches and the steps of transactions from
 * the first caller's context. Each scope gets a loader of its own: what belongs together is still merged.
 */
function loadByScope(tenancy: Tenancy, client: object): void {
  const version: unknown = Reflect.get(client, '_clientVersion');
  const handler: unknown = Reflect.get(client, '_requestHandler');
  if (typeof version !== 'string' || !version.startsWith('7.') || !isObject(handler))
    throw otherPrisma(version);
  const original: unknown = Reflect.get(handler, 'dataloader');
  if (!isLoader(original)) throw otherPrisma(version);
  const make = (): Loader => {
    const made: unknown = Reflect.construct(original.constructor, [original.options]);
    if (!isLoader(made)) throw otherPrisma(version);
    return made;
  };
  make();
  const loaders = new WeakMap<object, Loader>();
  const loaderOf = (scope: object | null): Loader => {
    // Without a tenant the query is refused further on, and must not wait for one that has a tenant.
    if (scope === null) return make();
    const known = loaders.get(scope) ?? make();
    loaders.set(scope, known);
    return known;
  };
  const byScope: Loader = { request: (request) => loaderOf(tenancy.scope()).request(request) };
  if (!Reflect.set(handler, 'dataloader', byScope)) throw otherPrisma(version);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isLoader(value: unknown): value is Loader & { readonly options: object } {
  if (!isObject(value) || typeof Reflect.get(value, 'request') !== 'function') return false;
  const options: unknown = Reflect.get(value, 'options');
  return isObject(options) && typeof Reflect.get(options, 'batchBy') === 'function';
}

function otherPrisma(version: unknown): TenantError {
  return new TenantError(
    'tenant/driver',
    `this Prisma client (${typeof version === 'string' ? version : 'of no known version'}) gathers queries in another way`,
    'install @prisma/client 7, or use tenantTransaction',
  );
}
