import { AsyncLocalStorage } from 'node:async_hooks';
import { TenantError } from './error.ts';

/** What names a tenant in the database: the type that its policies cast the setting to. */
export type TenantKind = 'uuid' | 'int' | 'text';

/** A statement with its binds. */
export type Statement = { readonly text: string; readonly values: readonly string[] };

export type TenancyOptions = {
  /** The setting that the policies read: `app.current_user_id`. */
  readonly setting: string;
  /** Default `uuid`. */
  readonly kind?: TenantKind;
  /** Makes the statement that names the tenant. Default: `set_config(setting, tenant, true)`; see also `signedBy`. */
  readonly naming?: Naming;
};

/** @param backend the server process of the connection, where it is known */
export type Naming = (
  tenant: string,
  at: { readonly setting: string; readonly backend: number | null },
) => Statement;

/** One meaning of "the tenant": what it is called, what it looks like, and who it is just now. */
export type Tenancy = {
  readonly setting: string;
  /**
   * Runs `work` for one tenant; everything that it awaits belongs to that tenant too. May be nested: the inner
   * tenant holds inside, the outer one afterwards. A lazy query, as Prisma and Drizzle return, is started inside.
   *
   * @throws {TenantError} `tenant/invalid`
   */
  runAs<T>(tenant: string, work: () => PromiseLike<T>): Promise<T>;
  runAs<T>(tenant: string, work: () => T): T;
  /** @throws {TenantError} `tenant/none` outside of `runAs` */
  current(): string;
  /** `null` outside of `runAs`. For logs; queries want `current()`. */
  peek(): string | null;
  /** One object for each `runAs`: what belongs to one request can be kept by it, weakly. `null` outside. */
  scope(): object | null;
  /**
   * `callback`, to be called for whoever is the tenant now. Like `AsyncResource.bind`, for this one context: that costs
   * 7 µs and its garbage, which is a tenth of a query.
   */
  bind<A extends readonly unknown[], R>(callback: (...values: A) => R): (...values: A) => R;
  /** The statement that names the tenant until the end of the transaction, made for one server process. */
  naming(tenant: string, backend: number | null): Statement;
};

type Scope = { readonly tenant: string };

/**
 * @example
 * export const tenancy = createTenancy({ setting: 'app.current_user_id', kind: 'uuid' });
 *
 * @throws {TenantError} `tenant/option`
 */
export function createTenancy({ setting, kind = 'uuid', naming = unsigned }: TenancyOptions): Tenancy {
  checkSetting(setting);
  const form = forms[kind];
  if (form === undefined) {
    throw new TenantError('tenant/option', 'this kind of tenant is not known', 'one of uuid, int, text');
  }
  const storage = new AsyncLocalStorage<Scope | undefined>();
  const checked = (tenant: string): string => {
    if (typeof tenant !== 'string' || !form.matches(tenant)) {
      throw new TenantError('tenant/invalid', `a tenant is ${form.description}, and this is not`, form.hint);
    }
    return tenant;
  };
  function runAs<T>(tenant: string, work: () => PromiseLike<T>): Promise<T>;
  function runAs<T>(tenant: string, work: () => T): T;
  function runAs(tenant: string, work: () => unknown): unknown {
    return storage.run(Object.freeze({ tenant: checked(tenant) }), () => started(work()));
  }
  return {
    setting,
    runAs,
    current() {
      const scope = storage.getStore();
      if (scope === undefined) throw noTenant();
      return scope.tenant;
    },
    peek: () => storage.getStore()?.tenant ?? null,
    scope: () => storage.getStore() ?? null,
    bind(callback) {
      const scope = storage.getStore();
      return (...values) => storage.run(scope, callback, ...values);
    },
    naming: (tenant, backend) => naming(tenant, { setting, backend }),
  };
}

/** Prisma's and Drizzle's queries run when they are awaited, which would be outside, for the outer tenant or none. */
function started(result: unknown): unknown {
  if (typeof result !== 'object' || result === null || result instanceof Promise || !('then' in result))
    return result;
  const { then } = result;
  if (typeof then !== 'function') return result;
  return new Promise((resolve, reject) => then.call(result, resolve, reject));
}

const unsigned: Naming = (tenant, { setting }) => ({
  text: 'select set_config($1, $2, true)',
  values: [setting, tenant],
});

export function noTenant(): TenantError {
  return new TenantError(
    'tenant/none',
    'a query without a tenant was not sent',
    'run it inside tenancy.runAs(tenant, work); work of no tenant has a pool and a role of its own: jobPool()',
  );
}

type Form = { matches(tenant: string): boolean; readonly description: string; readonly hint: string };

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const wholeNumber = /^(0|-?[1-9][0-9]{0,18})$/;
const largest = 2n ** 63n;

const forms: Readonly<Record<TenantKind, Form>> = {
  uuid: {
    matches: (tenant) => uuid.test(tenant),
    description: 'a uuid',
    hint: 'hand over the id itself, 8-4-4-4-12 hexadecimal digits',
  },
  int: {
    matches(tenant) {
      if (!wholeNumber.test(tenant)) return false;
      const number = BigInt(tenant);
      return number < largest && number >= -largest;
    },
    description: 'a whole number of at most 64 bits, as a string',
    hint: 'hand over String(id)',
  },
  text: {
    // PostgreSQL's text holds no NUL, and '' is what a setting is after its transaction: nobody.
    matches: (tenant) =>
      tenant !== '' && tenant.length <= 1024 && !tenant.includes('\0') && tenant.isWellFormed(),
    description: 'a text of 1 to 1,024 characters without NUL',
    hint: 'hand over the id itself, and never an empty one',
  },
};

const customSetting = /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)+$/i;

/** @throws {TenantError} `tenant/option` */
export function checkSetting(setting: string): void {
  // Without a dot it would be one of the server's own: `role`, `row_security`, `search_path`.
  if (typeof setting === 'string' && setting.length <= 63 && customSetting.test(setting)) return;
  throw new TenantError(
    'tenant/option',
    'the setting is not a custom one',
    'name it with a prefix of its own, as the policies do: app.current_user_id',
  );
}
