import type { PhysicalBackup, StanzaInfo } from './info.ts';
import type { PgBackRest } from './pgbackrest.ts';
import {
  type Branch,
  type Hole,
  holes,
  readHistory,
  type Segment,
  segmentName,
  segmentOf,
  segmentSize,
  timelineAt,
} from './segments.ts';

/** A segment as it lies in the archive: its name carries the SHA-1 of its content. */
export type Archived = { readonly segment: string; readonly sha1: string };

/** The archived WAL from the beginning of one backup to the newest segment of the timeline that counts. */
export type Archive = {
  readonly timeline: number;
  /** Bytes of a segment. */
  readonly size: number;
  /** Names of segments, in order of recovery; those that are missing left out. */
  readonly segments: readonly Archived[];
  readonly holes: readonly Hole[];
};

const fileName = /^([0-9A-F]{24})-([0-9a-f]{40})(\.\w+)?$/;

/**
 * Lists the archive and walks the names that recovery asks for: `pgbackrest verify` does not miss a segment in the middle.
 *
 * @param timeline that the database is on; default: the newest in the archive
 */
export async function readArchive(
  pgbackrest: PgBackRest,
  info: StanzaInfo,
  backup: PhysicalBackup,
  timeline?: number,
): Promise<Archive> {
  const folder = `archive/${info.stanza}/${info.archiveId ?? ''}`;
  const size = segmentSize(backup.archive.start, backup.lsn.start);
  const from = segmentOf(backup.archive.start, size);
  const entries = await pgbackrest.list(folder);
  const present = await presentSegments(pgbackrest, folder, entries, segmentName(from, size));
  const newest = timeline ?? newestTimeline([...present.keys()], from.timeline);
  const history = newest === 1 ? null : historyName(newest);
  const branches = await branchesOf(pgbackrest, folder, entries, newest, size);
  // Without it nobody finds from the timeline of the backup to this one.
  const lost = newest !== from.timeline && history !== null && !entries.includes(history);
  const last = lastSegment([...present.keys()], { from, size }, branches);
  const walked = names({ from, to: last, size }, branches);
  return {
    timeline: newest,
    size,
    segments: walked.flatMap((segment) => {
      const sha1 = present.get(segment);
      return sha1 === undefined ? [] : [{ segment, sha1 }];
    }),
    holes: [
      ...(lost ? [{ first: history, count: 1 }] : []),
      ...holes(new Set(present.keys()), { from, to: last, size }, branches),
    ],
  };
}

/** Folders are named as the first 16 characters of the segments in them. */
async function presentSegments(
  pgbackrest: PgBackRest,
  folder: string,
  entries: readonly string[],
  first: string,
): Promise<ReadonlyMap<string, string>> {
  const present = new Map<string, string>();
  const log = (name: string): string => name.slice(8, 16);
  for (const entry of entries.filter((one) => /^[0-9A-F]{16}$/.test(one) && log(one) >= log(first))) {
    for (const file of await pgbackrest.list(`${folder}/${entry}`)) {
      const [, segment, sha1] = fileName.exec(file) ?? [];
      if (segment !== undefined && sha1 !== undefined) present.set(segment, sha1);
    }
  }
  return present;
}

function newestTimeline(segments: readonly string[], start: number): number {
  return Math.max(start, ...new Set(segments.map((name) => Number.parseInt(name.slice(0, 8), 16))));
}

async function branchesOf(
  pgbackrest: PgBackRest,
  folder: string,
  entries: readonly string[],
  timeline: number,
  size: number,
): Promise<readonly Branch[]> {
  const name = historyName(timeline);
  if (!entries.includes(name)) return [];
  return readHistory((await pgbackrest.get(`${folder}/${name}`)).toString('utf8'), timeline, size);
}

const historyName = (timeline: number): string =>
  `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;

type Range = { readonly from: Segment; readonly to: number; readonly size: number };

/** The last one that lies on the way, gaps or not. */
function lastSegment(
  segments: readonly string[],
  { from, size }: Omit<Range, 'to'>,
  branches: readonly Branch[],
): number {
  return segments
    .map((name) => segmentOf(name, size))
    .filter(({ timeline, number }) => timelineAt(number, from.timeline, branches) === timeline)
    .reduce((last, { number }) => Math.max(last, number), from.number - 1);
}

function names({ from, to, size }: Range, branches: readonly Branch[]): readonly string[] {
  return Array.from({ length: to - from.number + 1 }, (_, at) => from.number + at).map((number) =>
    segmentName({ timeline: timelineAt(number, from.timeline, branches), number }, size),
  );
}
