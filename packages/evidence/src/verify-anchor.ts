import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import { EvidenceError } from './error.ts';
import { formatVerifierKey, type NoteVerifier, publicKeyFromText } from './key.ts';
import { checkpointFile } from './layout.ts';
import { checkNote } from './note.ts';
import type { OriginRecord } from './record.ts';
import type { Note, Problem, ProblemKind } from './verification.ts';
import type { Walked } from './verify-tree.ts';

/** What the auditor brings from outside: without it a log only vouches for itself. */
export type Anchors = {
  readonly pinnedKey: NoteVerifier | null;
  readonly earlier: Checkpoint | null;
};

/** @throws {EvidenceError} `verify/earlier` when the text is not a checkpoint. */
export function readEarlier(text: string): Checkpoint {
  const earlier = parseCheckpoint(text);
  if (earlier !== null && earlier.size > 0) return earlier;
  throw new EvidenceError(
    'verify/earlier',
    'the earlier checkpoint is not a checkpoint',
    'give the text that verify printed, or the file checkpoint of an earlier copy, unchanged',
  );
}

/** Checks who signed the checkpoint, against the log's own record and the pinned key. */
export function verifySigner(
  checkpoint: Checkpoint,
  origin: OriginRecord | null,
  { pinnedKey }: Anchors,
): readonly Problem[] {
  const problem = (kind: ProblemKind, message: string): Problem => ({ kind, where: checkpointFile, message });
  const own: NoteVerifier | null =
    origin === null ? null : { name: origin.origin, key: publicKeyFromText(origin.logKey) };
  const problems: Problem[] = [];
  if (own !== null && own.name !== checkpoint.origin)
    problems.push(problem('swapped', `it is of ${checkpoint.origin}, the origin record of ${own.name}`));
  const pinned = pinnedKey === null ? null : formatVerifierKey(pinnedKey);
  if (pinnedKey !== null && pinnedKey.name !== checkpoint.origin)
    problems.push(problem('swapped', `it is of ${checkpoint.origin}, the pinned key of ${pinnedKey.name}`));
  else if (pinned !== null && own !== null && formatVerifierKey(own) !== pinned)
    problems.push(problem('swapped', 'the origin record names another log key than the pinned one'));
  else if (pinnedKey !== null && checkNote(checkpoint.note, pinnedKey) === 'absent')
    problems.push(problem('re-signed', 'another key than the pinned one signed it'));
  const verifier = pinnedKey ?? own;
  if (verifier !== null && checkNote(checkpoint.note, verifier) !== 'signed')
    problems.push(problem('unsigned', "the log's key did not sign it as it stands"));
  if (checkpoint.note.signatures.length > 1)
    problems.push(problem('foreign', 'it carries signatures besides the one of this log'));
  return problems;
}

/** Compares the log with an earlier checkpoint of it. */
export function verifyEarlier(
  checkpoint: Checkpoint,
  walked: Walked,
  origin: OriginRecord | null,
  { pinnedKey, earlier }: Anchors,
): readonly Problem[] {
  if (earlier === null) return [];
  const problem = (kind: ProblemKind, message: string): Problem => ({ kind, where: checkpointFile, message });
  if (earlier.origin !== checkpoint.origin)
    return [problem('swapped', `it is of ${checkpoint.origin}, the earlier checkpoint of ${earlier.origin}`)];
  const problems: Problem[] = [];
  const signer =
    pinnedKey ?? (origin === null ? null : { name: origin.origin, key: publicKeyFromText(origin.logKey) });
  if (signer !== null && checkNote(earlier.note, signer) !== 'signed')
    problems.push(
      pinnedKey === null
        ? problem('re-signed', 'another key than now signed the earlier checkpoint')
        : problem('unsigned', 'the pinned key did not sign the earlier checkpoint'),
    );
  if (earlier.size > checkpoint.size)
    problems.push(
      problem(
        'rollback',
        `the log has ${checkpoint.size} records, earlier it had ${earlier.size}: an older copy, or cut off`,
      ),
    );
  else if (walked.sound && walked.rootAtMark?.equals(earlier.root) !== true)
    problems.push(
      problem(
        're-signed',
        `its first ${earlier.size} records are not those of the earlier checkpoint: history was rewritten`,
      ),
    );
  return problems;
}

/** What the anchors leave open. */
export function anchorNotes({ pinnedKey, earlier }: Anchors): readonly Note[] {
  const open: Note =
    pinnedKey !== null && earlier !== null
      ? {
          kind: 'rollback',
          message: `rollback excluded up to record ${earlier.size - 1}; what came after it could have been cut off`,
        }
      : {
          kind: 'rollback',
          message: `rollback not excluded: give ${[
            ...(pinnedKey === null ? ['a pinned key'] : []),
            ...(earlier === null ? ['an earlier checkpoint'] : []),
          ].join(' and ')} from outside this log`,
        };
  const self: Note = {
    kind: 'self-attested',
    message: 'self-attested: the log shows that nothing was altered, not that it was true',
  };
  return [self, open];
}
