/** What stands beside a database because of a restore: the former one, a copy under way, one that was taken out again, rows of a table. */
export type Beside = 'before' | 'restoring' | 'restored' | 'table';

/** PostgreSQL cuts longer names. */
const longest = 63;

/** `app_before_20261122T120102Z`; long names lose their end, not the mark. */
export function besideName(database: string, what: Beside, now: Date): string {
  const mark = `_${what}_${now.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  return `${fitting(database, longest - mark.length)}${mark}`;
}

function fitting(name: string, bytes: number): string {
  let kept = '';
  for (const character of name) {
    if (Buffer.byteLength(kept) + Buffer.byteLength(character) > bytes) break;
    kept += character;
  }
  return kept;
}

/** Those of a kind that stand beside `database`, newest first. */
export function besides(databases: readonly string[], database: string, what: Beside): readonly string[] {
  const mark = new RegExp(`^(.*)_${what}_(\\d{8}T\\d{6}Z)$`, 's');
  return databases
    .flatMap((name) => {
      const [, base, stamp] = mark.exec(name) ?? [];
      const own =
        base === database ||
        (base !== undefined && fitting(database, Buffer.byteLength(base)) === base && isCut(name));
      return own && stamp !== undefined ? [{ name, stamp }] : [];
    })
    .sort((a, b) => (a.stamp < b.stamp ? 1 : -1))
    .map(({ name }) => name);
}

function isCut(name: string): boolean {
  return Buffer.byteLength(name) > longest - 4;
}
