import { sha256 } from '@surety/evidence';
import { z } from 'zod';
import index from './seeds.json' with { type: 'json' };

/** One line of a document that surety knows, without its text. */
export type SeedLine = {
  readonly line: number;
  /** See {@link lineDigest}. */
  readonly sha256: string;
  /** What the line asks for or claims; none where it is only prose. */
  readonly requirements: readonly string[];
  /** The line says that all of these are so, without a box to tick. */
  readonly stated: boolean;
};

export type Seed = {
  readonly id: string;
  /** Of the whole file. */
  readonly sha256: string;
  /** Every line that is not blank, in order. */
  readonly lines: readonly SeedLine[];
};

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const line = z
  .union([
    z.strictObject({
      line: z.int(),
      sha256: digest,
      requirements: z.array(z.string()).min(1),
      stated: z.boolean().default(false),
    }),
    z.strictObject({ line: z.int(), sha256: digest, prose: z.literal(true) }),
  ])
  .transform((entry): SeedLine => ('prose' in entry ? { ...entry, requirements: [], stated: false } : entry));

export const seeds: readonly Seed[] = z
  .strictObject({
    documents: z.array(z.strictObject({ id: z.string(), sha256: digest, lines: z.array(line) })),
  })
  .parse(index).documents;

/** The indexed lines that are not only prose, by digest. Equal lines of one document ask for the same. */
export const seedLineByDigest: ReadonlyMap<string, SeedLine> = new Map(
  seeds
    .flatMap(({ lines }) => lines)
    .filter(({ requirements }) => requirements.length > 0)
    .map((entry) => [entry.sha256, entry]),
);

/**
 * The digest that knows a line again: SHA-256 of its text without outer white space, and with its box
 * unticked, so that ticking a box does not make it another line.
 */
export function lineDigest(text: string): string {
  return sha256(text.trim().replace(/^((?:[-*+]|\d{1,9}[.)])\s+)\[[xX]\]/, '$1[ ]'));
}
