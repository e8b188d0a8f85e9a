import { rungs } from '../../backup/drill/ladder.ts';
import type { DrillOutcome } from '../../backup/drill.ts';
import type { Objectives } from '../../backup/facts.ts';
import { size, span } from '../restore/describe.ts';

const hour = 3_600_000;
const widest = Math.max(...rungs.map(({ rung }) => rung.length));

/** The ladder, a line for each rung, then what was measured, beside what is aimed at. */
export function drillText(outcome: DrillOutcome, target: string, objectives: Objectives): string {
  return [
    `drill     ${target}`,
    ...backupLine(outcome),
    '',
    ...outcome.rungs.map(
      ({ rung, result, fact }, index) =>
        `${String(index + 1).padStart(4)}  ${result.padEnd(7)}  ${rung.padEnd(widest)}  ${fact}`,
    ),
    '',
    ...measured(outcome, objectives),
    ...outcome.notes.map((note) => `note      ${note}`),
    ...receiptLines(outcome),
    verdict(outcome),
    '',
  ].join('\n');
}

function backupLine({ backup, store, loss, sizes }: DrillOutcome): readonly string[] {
  if (backup === null || loss === null) return ['backup    none'];
  const of = sizes.source === null ? '' : `, ${size(sizes.source)} at its source`;
  return [`backup    ${backup}, from store ${store}, ${span(loss)} old${of}`];
}

function measured(outcome: DrillOutcome, objectives: Objectives): readonly string[] {
  const { recovery, loss, projected, sizes } = outcome;
  const total = Object.values(recovery).reduce((sum, one) => sum + one, 0);
  const phases = Object.entries(recovery).map(([phase, one]) => `${phase} ${seconds(one)}`);
  const whole = outcome.rungs.some(({ rung, result }) => rung === 'invariants' && result === 'pass');
  return [
    whole
      ? `recovery  ${seconds(total)}, ${against(total, objectives.recoveryHours)}: ${phases.join(', ')}`
      : `recovery  not measured to its end; so far ${phases.join(', ')}`,
    projection(projected, sizes, objectives),
    loss === null
      ? 'loss      everything: there is no backup'
      : `loss      ${span(loss)}, ${against(loss, objectives.lossHours)}`,
  ];
}

function projection(
  projected: number | null,
  { source, production }: DrillOutcome['sizes'],
  { recoveryHours, productionShare }: Objectives,
): string {
  if (projected === null || production === null || source === null)
    return production === null
      ? 'projected not: the live database does not say its size'
      : 'projected not: nothing was measured to its end';
  const share = source / production;
  const small =
    share < productionShare ? `; only ${Math.round(share * 100)} % of production was restored` : '';
  return `projected ${span(projected)}, ${against(projected, recoveryHours)}, for ${size(production)} of production at this throughput; a projection is no test${small}`;
}

function against(milliseconds: number, hours: number): string {
  return milliseconds <= hours * hour ? `within ${hours} h` : `over the ${hours} h aimed at`;
}

function seconds(milliseconds: number): string {
  return milliseconds < 60_000 ? `${(milliseconds / 1000).toFixed(1)} s` : span(milliseconds);
}

function receiptLines({ drill, receipts }: DrillOutcome): readonly string[] {
  const failed = receipts.filter(({ fact }) => fact !== null);
  const stored = receipts.filter(({ fact }) => fact === null).map(({ store }) => store);
  return [
    `receipt   drills/${drill}.json in ${stored.join(', ') || 'no store'}, signed`,
    ...failed.map(({ store, fact }) => `unknown   no receipt in ${store}: ${fact}`),
  ];
}

function verdict({ outcome, rungs: all }: DrillOutcome): string {
  const count = (result: string): number => all.filter((one) => one.result === result).length;
  const parts = [`${count('pass')} of ${all.length} rungs passed`];
  if (count('fail') > 0) parts.push(`${count('fail')} failed`);
  if (count('not-run') > 0) parts.push(`${count('not-run')} not run`);
  return `${outcome.padEnd(8)}  ${parts.join(', ')}`;
}
