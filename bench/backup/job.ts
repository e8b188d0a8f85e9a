import { z } from 'zod';
import { storeFacts } from '../../packages/surety/src/backup/facts.ts';

/** What a worker is told to do, on its standard input. */
export const job = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('backup'),
    url: z.string(),
    store: storeFacts,
    recipients: z.array(z.string()),
    /** PEM text. */
    key: z.string(),
    streams: z.int().optional(),
  }),
  z.strictObject({
    kind: z.literal('restore'),
    server: z.string(),
    store: storeFacts,
    identity: z.string(),
    /** PEM text. */
    key: z.string(),
    database: z.string(),
  }),
  z.strictObject({
    kind: z.literal('drill'),
    url: z.string(),
    store: storeFacts,
    identity: z.string(),
    recipients: z.array(z.string()),
    /** PEM text. */
    key: z.string(),
  }),
  z.strictObject({ kind: z.literal('bucket') }),
]);
export type Job = z.infer<typeof job>;

/** The last line of what it prints. */
export const done = z.object({
  /** As stored. */
  bytes: z.number(),
  /** Seconds by part or phase. */
  took: z.record(z.string(), z.number()),
  /** Bytes of memory at most. */
  peak: z.number(),
});
export type Done = z.infer<typeof done>;
