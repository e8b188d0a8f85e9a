/** The files of a log's folder that are not tiles. */
export const formatFile = 'format';
export const checkpointFile = 'checkpoint';
export const journalFile = 'journal';
/** What `replace` may leave behind when it is interrupted. */
export const leftoverFiles: ReadonlySet<string> = new Set(['checkpoint.tmp', 'journal.tmp']);

/** The layout of the folder, its statements and its journal. A reader refuses a higher number. */
export const formatVersion = 1;
export const formatText = `surety log ${formatVersion}\n`;

/** The version that a `format` file states; `null` when it is not one. */
export function parseFormat(text: string): number | null {
  const [, version] = /^surety log ([1-9]\d{0,5})\n$/.exec(text) ?? [];
  return version === undefined ? null : Number(version);
}

export function observationsPath(sha256: string): string {
  return `observations/${sha256.slice(0, 2)}/${sha256}.json`;
}

/** A path that a writer of this format may make or remove. */
export function isOwnPath(path: string): boolean {
  return (
    path === formatFile ||
    /^tile\/(\d{1,2}|entries)\/(x\d{3}\/)*\d{3}(\.p\/[1-9]\d{0,2})?$/.test(path) ||
    /^observations\/([0-9a-f]{2})\/\1[0-9a-f]{62}\.json$/.test(path)
  );
}
