import type { BackupSet } from '../../backup/sets.ts';
import type { Shelf } from './situation.ts';

/** Bytes a second from store to compared copy, as measured on two cores; a slower disk or store takes longer. */
const usualPace = 30_000_000;

export type Intended = {
  readonly set: BackupSet;
  readonly now: Date;
  /** `127.0.0.1:5432` */
  readonly where: string;
  /** What will happen, one line for each step. */
  readonly steps: readonly string[];
};

/** What a person reads before they agree. */
export function describe({ set: { manifest, store }, now, where, steps }: Intended): string {
  const { source } = manifest;
  const age = span(now.getTime() - Date.parse(manifest.snapshot));
  const stored = manifest.parts.reduce((sum, { bytes }) => sum + bytes, 0);
  return [
    `backup    ${manifest.backup}, from store ${store}, signed`,
    `database  ${source.database} of PostgreSQL ${source.server}: ${size(source.size)}, ${source.tables} tables, ${source.rows} rows; ${size(stored)} as stored`,
    `snapshot  ${manifest.snapshot}, ${age} ago: what was written since is not in it`,
    `server    ${where}`,
    `takes     about ${span((source.size / usualPace) * 1000 + 2000)}`,
    ...steps.map((step, index) => `${`${index + 1}.`.padStart(4)}      ${step}`),
    '',
  ].join('\n');
}

export function size(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.ceil(bytes / 1000)} kB`;
  return bytes < 1_000_000_000 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** `2 d 3 h`, `3 h 12 min`, `40 s` */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor((seconds % 86_400) / 3600),
    Math.floor((seconds % 3600) / 60),
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** Everything that could be restored, and what looks like it and cannot be. */
export function listText(shelves: readonly Shelf[], now: Date): string {
  const lines = shelves.flatMap(({ store, sets, others, fact }) => [
    ...(fact === null ? [] : [`unknown   ${store}: ${fact}`]),
    ...sets.map(
      ({ manifest: { backup, snapshot, source } }) =>
        `${backup}  ${store}  ${source.database}  ${snapshot} (${span(now.getTime() - Date.parse(snapshot))} ago)  ${size(source.size)}  ${source.rows} rows`,
    ),
    ...others.map(({ backup, why }) => `refused   ${backup}  ${store}: ${why}`),
  ]);
  return lines.length === 0 ? 'no backups\n' : `${lines.join('\n')}\n`;
}
