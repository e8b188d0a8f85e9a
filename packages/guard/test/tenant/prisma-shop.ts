import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type { PrismaPg } from '@prisma/adapter-pg';

type Where = { readonly where?: object };
export type PrismaNote = { readonly id: number; readonly tenant: string; readonly body: string };

/** What the tests use of the client that Prisma generates from `shop.prisma`. */
export type PrismaNotes = {
  readonly note: {
    findMany(query?: Where): Promise<PrismaNote[]>;
    findUnique(query: { readonly where: { readonly id: number } }): Promise<PrismaNote | null>;
    updateMany(query: Where & { readonly data: object }): Promise<{ count: number }>;
  };
  $executeRawUnsafe(text: string, ...values: unknown[]): Promise<number>;
};
export type PrismaShop = PrismaNotes & {
  $transaction<T extends readonly unknown[]>(queries: { [K in keyof T]: Promise<T[K]> }): Promise<T>;
  $transaction<T>(work: (tx: PrismaNotes) => Promise<T>, options?: object): Promise<T>;
  $disconnect(): Promise<void>;
};
export type PrismaShopClass = new (options: { readonly adapter: PrismaPg }) => PrismaShop;

export type GeneratedPrisma = {
  readonly Client: PrismaShopClass;
  /** The client is in `generated/` of it. */
  readonly folder: string;
  remove(): void;
};

/**
 * Generates the client, below `dist`: git does not look there, and Node.js strips no types below `node_modules`.
 * The schema engine is not needed, and would be downloaded.
 */
export async function generatePrisma(): Promise<GeneratedPrisma> {
  const dist = resolve(import.meta.dirname, '../../dist');
  mkdirSync(dist, { recursive: true });
  const folder = mkdtempSync(join(dist, 'prisma-'));
  const schema = join(folder, 'shop.prisma');
  copyFileSync(join(import.meta.dirname, 'shop.prisma'), schema);
  const cli = join(dirname(createRequire(import.meta.url).resolve('prisma/package.json')), 'build/index.js');
  execFileSync(process.execPath, [cli, 'generate', '--no-hints', '--schema', schema], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  });
  const { PrismaClient } = await import(join(folder, 'generated/client.ts'));
  return { Client: PrismaClient, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
