import { parse } from 'yaml';
import { isCompose } from '../../targets/repo/compose.ts';
import { isDockerfile } from '../../targets/repo/dockerfile.ts';
import { envFileOf } from '../../targets/repo/env-file.ts';
import { baseOf, type RepoPath } from '../../targets/repo/name.ts';
import type { Repo } from '../../targets/repo/target.ts';

/** What the files of a project say of it. Nothing of it is run. */
export type Found = {
  /** From package.json; `null` where it has none. */
  readonly name: string | null;
  readonly packageManager: string | null;
  readonly orms: readonly string[];
  readonly frameworks: readonly string[];
  readonly dockerfiles: readonly RepoPath[];
  readonly workflows: readonly RepoPath[];
  readonly services: readonly { readonly name: string; readonly image: string | null }[];
  /** Names of variables in templates and in the schema of Prisma. */
  readonly variables: readonly string[];
  /** The setting that row-level security reads: `app.current_user_id`. */
  readonly tenantSetting: string | null;
};

const lockfiles: Readonly<Record<string, string>> = {
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
  'bun.lock': 'bun',
  'bun.lockb': 'bun',
  'package-lock.json': 'npm',
  'npm-shrinkwrap.json': 'npm',
};
// What ends up in the configuration comes from lists of ours: that file is run, and package.json is not ours.
const managers = ['npm', 'pnpm', 'yarn', 'bun'];
const orms: Readonly<Record<string, string>> = {
  '@prisma/client': 'prisma',
  prisma: 'prisma',
  'drizzle-orm': 'drizzle',
  kysely: 'kysely',
  typeorm: 'typeorm',
  knex: 'knex',
  sequelize: 'sequelize',
  pg: 'pg',
  postgres: 'postgres.js',
};
const frameworks: Readonly<Record<string, string>> = {
  '@nestjs/core': 'nestjs',
  fastify: 'fastify',
  express: 'express',
  hono: 'hono',
  koa: 'koa',
  next: 'next',
};

/** How many SQL files are searched for the tenant setting; schemas have few, dumps have many. */
const mostSqlFiles = 200;

export async function detect(repo: Repo): Promise<Found> {
  const { items } = await repo.files(() => true);
  const manifests = items.filter((path) => baseOf(path) === 'package.json');
  const packages = (await Promise.all(manifests.map((path) => readManifest(repo, path)))).flat();
  const used = new Set(packages.flatMap(({ dependencies }) => dependencies));
  const root = packages.find(({ path }) => path === 'package.json');
  const lockfile = items.find((path) => Object.hasOwn(lockfiles, path));
  return {
    name: root?.name ?? null,
    packageManager: root?.packageManager ?? (lockfile === undefined ? null : (lockfiles[lockfile] ?? null)),
    orms: known(orms, used),
    frameworks: known(frameworks, used),
    dockerfiles: items.filter(isDockerfile),
    workflows: items.filter((path) => /^\.github\/workflows\/[^/]+\.ya?ml$|^\.gitlab-ci\.yml$/.test(path)),
    services: await servicesOf(repo, items),
    variables: await variablesOf(repo, items),
    tenantSetting: await tenantSettingOf(repo, items),
  };
}

type Manifest = {
  readonly path: RepoPath;
  readonly name: string | null;
  readonly packageManager: string | null;
  readonly dependencies: readonly string[];
};

/** None where it is not JSON: a broken manifest is nothing that init has to judge. */
async function readManifest(repo: Repo, path: RepoPath): Promise<readonly Manifest[]> {
  try {
    const content: unknown = JSON.parse(await repo.text(path));
    const { name, packageManager, dependencies, devDependencies } = mapping(content);
    return [
      {
        path,
        name: typeof name === 'string' ? name : null,
        packageManager: managers.find((one) => `${packageManager}`.startsWith(`${one}@`)) ?? null,
        dependencies: [...Object.keys(mapping(dependencies)), ...Object.keys(mapping(devDependencies))],
      },
    ];
  } catch {
    return [];
  }
}

function known(names: Readonly<Record<string, string>>, used: ReadonlySet<string>): readonly string[] {
  return [
    ...new Set(Object.entries(names).flatMap(([dependency, name]) => (used.has(dependency) ? [name] : []))),
  ];
}

async function servicesOf(repo: Repo, items: readonly RepoPath[]): Promise<Found['services']> {
  const texts = await readAll(repo, items.filter(isCompose));
  return texts.flatMap((text) => {
    try {
      const content: unknown = parse(text, { maxAliasCount: 100 });
      return Object.entries(mapping(mapping(content).services)).map(([name, service]) => {
        const { image } = mapping(service);
        return { name, image: typeof image === 'string' ? image : null };
      });
    } catch {
      return [];
    }
  });
}

async function variablesOf(repo: Repo, items: readonly RepoPath[]): Promise<readonly string[]> {
  const templates = await readAll(
    repo,
    items.filter((path) => envFileOf(path) === 'template'),
  );
  const schemas = await readAll(
    repo,
    items.filter((path) => path.endsWith('.prisma')),
  );
  return [
    ...new Set([
      ...schemas.flatMap((text) =>
        [...text.matchAll(/env\("([A-Z][A-Z0-9_]*)"\)/g)].map(([, name = '']) => name),
      ),
      ...templates.flatMap((text) =>
        [...text.matchAll(/^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)=/gm)].map(([, name = '']) => name),
      ),
    ]),
  ];
}

/** The setting that most SQL files ask for. */
async function tenantSettingOf(repo: Repo, items: readonly RepoPath[]): Promise<string | null> {
  const files = items.filter((path) => path.endsWith('.sql')).slice(0, mostSqlFiles);
  const texts = await readAll(repo, files);
  const asked = texts.flatMap((text) =>
    [...text.matchAll(/current_setting\(\s*'([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)'/g)].map(
      ([, name = '']) => name,
    ),
  );
  const counts = Map.groupBy(asked, (name) => name);
  const [most] = [...counts].sort(([, a], [, b]) => b.length - a.length);
  return most?.[0] ?? null;
}

async function readAll(repo: Repo, paths: readonly RepoPath[]): Promise<readonly string[]> {
  return Promise.all(paths.map((path) => repo.text(path).catch(() => '')));
}

function mapping(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value));
}
