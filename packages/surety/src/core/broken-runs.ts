import {
  type ControlRef,
  droppedResults,
  judge,
  type LoggedRecord,
  type Observation,
  type Sha256,
  type VerdictRecord,
} from '@surety/evidence';

/** A run may still be at work in another process; none takes so long, because it gives up before. Milliseconds. */
const longestRun = 3_600_000;
/** How long before that a run records nothing more, so that nobody else has said that it broke off. */
const margin = 300_000;

/** Whether a run may already have been taken for broken: its machine slept, or its clock was set. */
export function isOver(intended: Date, now: Date): boolean {
  return Math.abs(now.getTime() - intended.getTime()) > longestRun - margin;
}

type Closing = { readonly record: VerdictRecord; readonly observations: readonly Observation[] };

/**
 * Verdicts for runs that announced something and broke off: `unknown`, under their own names. The hole is
 * not filled, it is said; without this a killed process would make the log unsound for good.
 */
export function brokenRuns(
  records: readonly LoggedRecord[],
  context: {
    readonly now: Date;
    readonly controls: readonly ControlRef[];
    readonly digest: (observations: readonly Observation[]) => Sha256;
    readonly tools: VerdictRecord['tools'];
  },
): readonly Closing[] {
  const at = context.now.toISOString();
  return droppedResults(records)
    .filter((dropped) => Math.abs(context.now.getTime() - Date.parse(dropped.at)) > longestRun)
    .map((dropped) => {
      const observations: readonly Observation[] = [
        {
          check: 'blind',
          subject: dropped.control,
          method: 'read',
          missing: `the run of ${dropped.at} broke off before it could say`,
          hint: `surety prove ${dropped.control}`,
        },
      ];
      const { verdict, method, standIn } = judge(observations);
      return {
        observations,
        record: {
          type: 'verdict',
          run: dropped.run,
          control:
            context.controls.find(({ id }) => id === dropped.control) ?? unknownControl(dropped.control),
          binding: dropped.binding,
          targets: {},
          touch: 'nothing',
          parameters: {},
          intended: dropped.at,
          started: at,
          finished: at,
          verdict,
          method,
          standIn,
          observations: { sha256: context.digest(observations), count: observations.length },
          exceptions: [],
          redactions: 0,
          tools: context.tools,
        },
      };
    });
}

/** One that this version of surety does not have. */
function unknownControl(id: string): ControlRef {
  return { id, version: '0', digest: '0'.repeat(64) };
}
