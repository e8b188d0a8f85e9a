import type { Files } from './files.ts';
import { observationsPath } from './layout.ts';
import { createOwed, type Owed } from './owed.ts';
import { attestationFault, exceptionFault } from './people.ts';
import type {
  AttestationRecord,
  ExceptionRecord,
  OriginRecord,
  Sha256,
  SuretyRecord,
  VerdictRecord,
} from './record.ts';
import { recordTime } from './status.ts';
import type { Verdict } from './verdict.ts';
import type { Dropped, Note, Problem, ProblemKind, Verification } from './verification.ts';
import { openEntry, openOrigin, type Prober, proberOf } from './verify-seal.ts';
import { verifyVerdict } from './verify-verdict.ts';

/** What the records of a log say, checked one after the other. */
export type RecordCheck = {
  visit(entry: Buffer, position: number): Promise<void>;
  result(): RecordResult;
};

export type RecordResult = {
  /** Every record is signed by the prober for the place where it stands. */
  readonly sealed: boolean;
  /** The origin record in force at the end: whose signature the checkpoint must carry. */
  readonly origin: OriginRecord | null;
  readonly prober: Prober | null;
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
  readonly dropped: readonly Dropped[];
  readonly counts: Verification['counts'];
  readonly people: Verification['keys']['people'];
  /** Paths of the observations that records name. */
  readonly observed: ReadonlySet<string>;
};

// Clocks of two machines, and the ends of checks that ran side by side, differ by less.
const clockTolerance = 300_000;

type Book = {
  sealed: boolean;
  origin: OriginRecord | null;
  prober: Prober | null;
  readonly problems: Problem[];
  readonly owed: Owed;
  readonly exceptions: Map<Sha256, ExceptionRecord>;
  readonly attestations: Map<Sha256, AttestationRecord>;
  readonly people: Map<string, { readonly name: string; readonly publicKey: string }>;
  readonly observed: Set<string>;
  readonly verdicts: Record<Verdict, number>;
  readonly counts: Record<SuretyRecord['type'], number>;
  records: number;
  latest: number;
  readonly backwards: number[];
  readonly ahead: number[];
  readonly rotations: number[];
};

export function checkRecords(files: Files, now: Date): RecordCheck {
  const book = emptyBook();
  return {
    async visit(entry, position) {
      book.records += 1;
      if (position === 0) openFirst(book, entry);
      const opened = openEntry(entry, book.prober);
      if (opened.seal === 'malformed') {
        const message = `signed, but ${opened.because}`;
        book.problems.push({ kind: 'malformed', where: `record ${position}`, message });
        return;
      }
      if (opened.seal !== 'sound' || opened.placed.origin !== book.origin?.origin) {
        book.sealed = false;
        return;
      }
      const { index, digest, record } = opened.placed;
      book.sealed &&= index === position;
      book.counts[record.type] += 1;
      checkTime(book, index, record, now);
      await take(book, files, index, digest, record);
    },
    result: () => conclude(book),
  };
}

async function take(
  book: Book,
  files: Files,
  index: number,
  digest: Sha256,
  record: SuretyRecord,
): Promise<void> {
  const problem = (kind: ProblemKind, message: string): void => {
    book.problems.push({ kind, where: `record ${index}`, message });
  };
  switch (record.type) {
    case 'origin':
      if (index > 0) rotate(book, index, record);
      return;
    case 'intent':
      book.owed.announce(index, record);
      return;
    case 'verdict':
      answer(book, record, problem);
      book.observed.add(observationsPath(record.observations.sha256));
      book.problems.push(...(await verifyVerdict(files, index, record, book)));
      return;
    case 'change':
    case 'backup':
    case 'drill':
      return;
    case 'attestation': {
      book.attestations.set(digest, record);
      meet(book, record.signed);
      const fault = attestationFault(record);
      if (fault !== null) problem('attestation', fault);
      return;
    }
    case 'exception': {
      book.exceptions.set(digest, record);
      meet(book, record.owner);
      meet(book, record.approval);
      const fault = exceptionFault(record);
      if (fault !== null) problem('exception', fault);
    }
  }
}

function openFirst(book: Book, entry: Buffer): void {
  const origin = openOrigin(entry);
  book.origin = origin?.record ?? null;
  book.prober = origin?.prober ?? null;
}

/** Signed by the prober before it, this record names the keys that count from here on. */
function rotate(book: Book, index: number, record: OriginRecord): void {
  const prober = proberOf(record);
  if (prober === null || record.origin !== book.origin?.origin) {
    const message = 'names keys that cannot be read, or another log';
    book.problems.push({ kind: 'malformed', where: `record ${index}`, message });
    return;
  }
  book.origin = record;
  book.prober = prober;
  book.rotations.push(index);
}

function answer(
  book: Book,
  record: VerdictRecord,
  problem: (kind: ProblemKind, message: string) => void,
): void {
  book.verdicts[record.verdict] += 1;
  const name = `${record.control.id} of ${record.binding} in run ${record.run}`;
  const answer = book.owed.answer(record);
  if (answer === 'unannounced') problem('unannounced', `no intent announced ${name}`);
  if (answer === 'repeated') problem('repeated', `a second verdict for ${name}`);
}

function meet(
  book: Book,
  { signer, publicKey }: { readonly signer: string; readonly publicKey: string },
): void {
  book.people.set(`${signer}\n${publicKey}`, { name: signer, publicKey });
}

function checkTime(book: Book, index: number, record: SuretyRecord, now: Date): void {
  const text = recordTime(record);
  if (text === null) return;
  const time = Date.parse(text);
  if (time < book.latest - clockTolerance) book.backwards.push(index);
  if (time > now.getTime() + clockTolerance) book.ahead.push(index);
  book.latest = time;
}

function conclude(book: Book): RecordResult {
  const dropped = book.owed.dropped();
  return {
    sealed: book.sealed && book.origin !== null,
    origin: book.origin,
    prober: book.prober,
    problems: [
      ...book.problems,
      ...dropped.map(({ run, control, binding, intent }): Problem => {
        const message = `${control} of ${binding} was announced in run ${run} and has no result`;
        return { kind: 'dropped', where: `record ${intent}`, message };
      }),
    ],
    notes: notesOf(book),
    dropped,
    counts: {
      records: book.records,
      verdicts: book.verdicts,
      intents: book.counts.intent,
      changes: book.counts.change,
      backups: book.counts.backup,
      drills: book.counts.drill,
      attestations: book.counts.attestation,
      exceptions: book.counts.exception,
      observations: book.observed.size,
    },
    people: [...book.people.values()],
    observed: book.observed,
  };
}

function notesOf({ backwards, ahead, rotations }: Book): Note[] {
  const notes: Note[] = [];
  const [back, future, rotation] = [backwards[0], ahead[0], rotations.at(-1)];
  if (back !== undefined)
    notes.push({
      kind: 'clock',
      message: `the clock went backwards ${backwards.length} times, first at record ${back}`,
    });
  if (future !== undefined)
    notes.push({
      kind: 'clock',
      message: `${ahead.length} records are from the future, first record ${future}`,
    });
  if (rotation !== undefined)
    notes.push({ kind: 'rotation', message: `the log's keys were changed, last in record ${rotation}` });
  return notes;
}

function emptyBook(): Book {
  return {
    sealed: true,
    origin: null,
    prober: null,
    problems: [],
    owed: createOwed(),
    exceptions: new Map(),
    attestations: new Map(),
    people: new Map(),
    observed: new Set(),
    verdicts: { pass: 0, fail: 0, unknown: 0, 'not-applicable': 0 },
    counts: {
      origin: 0,
      intent: 0,
      verdict: 0,
      change: 0,
      backup: 0,
      drill: 0,
      attestation: 0,
      exception: 0,
    },
    records: 0,
    latest: Number.NEGATIVE_INFINITY,
    backwards: [],
    ahead: [],
    rotations: [],
  };
}
