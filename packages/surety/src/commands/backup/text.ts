import type { BackupOutcome } from '../../backup/make.ts';
import { megabytes } from '../../backup/preflight.ts';
import type { Inventory } from '../../backup/sets.ts';

/** What a run came to, for a person. */
export function outcomeText(
  { backup, outcome, snapshot, stores, manifests, notes, fact }: BackupOutcome,
  target: string,
): string {
  const [manifest] = manifests;
  const lines = stores.map(({ store, bytes, fact: why }) =>
    why === null ? `  ${store}: stored, ${megabytes(bytes)}` : `  ${store}: failed: ${why}`,
  );
  return [
    `${outcome.padEnd(8)} ${backup}  ${target}`,
    ...(fact === null ? [] : [`  ${fact}`]),
    ...lines,
    ...(manifest === undefined
      ? []
      : [
          `  ${manifest.source.tables} tables, ${manifest.source.rows} rows as of ${snapshot}, in ${manifest.took.total?.toFixed(1)} s`,
        ]),
    ...notes.map((note) => `  note: ${note}`),
    outcome === 'done'
      ? '  hint: surety drill shows that it restores'
      : '  hint: mend what is named above and run it again',
    '',
  ].join('\n');
}

/** What each store has; `null` where it could not be read. */
export function listText(
  found: ReadonlyMap<string, Inventory | null>,
  missing: readonly { readonly store: string; readonly fact: string }[],
): string {
  const lines = [...found].flatMap(([store, inventory]) => {
    if (inventory === null) return [`${store}: cannot be read`];
    const sets = inventory.sets.map(({ backup, manifest }) => {
      const bytes = manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
      return `${store}: ${backup}  verified manifest  ${manifest.source.database}  ${manifest.snapshot}  ${megabytes(bytes)}`;
    });
    const others = inventory.others.map(({ backup, why }) => `${store}: ${backup}  no backup: ${why}`);
    return sets.length + others.length === 0 ? [`${store}: nothing`] : [...sets, ...others];
  });
  return [...lines, ...missing.map(({ store, fact }) => `${store}: ${fact}`), ''].join('\n');
}
