import { z } from 'zod';
import { backup } from '../backup.ts';
import { drillVerb } from '../drill.ts';
import { exits, type Terminal } from '../verb.ts';
import type { BackupPlaces } from './backup-places.ts';
import { runVerb } from './run-verb.ts';

type Say = (text: string) => void;

const made = z.object({
  backup: z.string(),
  manifests: z
    .array(
      z.object({
        parts: z.array(z.object({ bytes: z.number() })),
        source: z.object({ tables: z.number(), rows: z.number() }),
        took: z.object({ total: z.number().optional() }),
      }),
    )
    .min(1),
  stores: z.array(z.object({ store: z.string() })),
  notes: z.array(z.string()),
});

/** Makes a backup by the verb, as the estate's own schedule does. Says whether every store has it. */
export async function backUp(config: string, terminal: Terminal, say: Say): Promise<boolean> {
  const { exit, out } = await runVerb(backup, ['--config', config, '--scheduled', '--json'], terminal);
  if (exit !== exits.pass) {
    say(`failed    a backup: ${out}`);
    return false;
  }
  const { backup: id, manifests, stores, notes } = made.parse(JSON.parse(out));
  const [manifest] = manifests;
  const bytes = manifest?.parts.reduce((sum, part) => sum + part.bytes, 0) ?? 0;
  const { tables = 0, rows = 0 } = manifest?.source ?? {};
  const names = stores.map(({ store }) => store).join(' and ');
  say(
    `backup    ${id}: ${tables} tables, ${rows.toLocaleString('en')} rows at one snapshot, encrypted and signed, ` +
      `${(bytes / 1e6).toFixed(1)} MB into ${names} at once, in ${manifest?.took.total?.toFixed(1)} s\n` +
      notes.map((note) => `  note: ${note}\n`).join(''),
  );
  return true;
}

const drilled = z.object({
  backup: z.string().nullable(),
  store: z.string().nullable(),
  rungs: z.array(z.object({ rung: z.string(), result: z.string(), fact: z.string() })),
  recovery: z.record(z.string(), z.number()),
  loss: z.number().nullable(),
  receipts: z.array(z.object({ store: z.string(), fact: z.string().nullable() })),
});

export type Drilled = {
  readonly result: 'pass' | 'fail' | 'not-run';
  /** What was not tried, and why. */
  readonly lacking: readonly string[];
};

/** Climbs the ladder by the verb, where the identity is. */
export async function tryBackup(places: BackupPlaces, terminal: Terminal, say: Say): Promise<Drilled> {
  const { out } = await runVerb(drillVerb, ['--config', places.restoring, '--json'], terminal);
  const { backup: id, store, rungs, recovery, loss, receipts } = drilled.parse(JSON.parse(out));
  const of = (result: string) => rungs.filter((one) => one.result === result);
  const total = Object.values(recovery).reduce((sum, one) => sum + one, 0);
  const rest = rungs.filter(({ result }) => result !== 'pass');
  say(
    [
      `drill     ${id} of ${store}, restored into a server that is thrown away`,
      `  pass     ${of('pass')
        .map(({ rung }) => rung)
        .join(', ')}`,
      ...rest.map(({ rung, result, fact }) => `  ${result.padEnd(7)}  ${rung}: ${fact}`),
      `  recovered in ${seconds(total)}; ${loss === null ? 'nobody knows what' : `what was written in the ${seconds(loss)} since its snapshot`} would be lost`,
      `  receipts signed into ${receipts.flatMap((one) => (one.fact === null ? [one.store] : [])).join(' and ')}`,
      '',
    ].join('\n'),
  );
  const result = of('fail').length > 0 ? 'fail' : of('not-run').length > 0 ? 'not-run' : 'pass';
  return { result, lacking: of('not-run').map(({ rung, fact }) => `${rung}: ${fact}`) };
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
