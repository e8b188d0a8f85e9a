import { controls } from '../controls/registry.ts';
import { SuretyError } from '../core/error.ts';
import { kinds } from '../targets/registry.ts';
import { specimens } from '../testing/registry.ts';
import { type CaseKind, type CaseResult, runSpecimens } from '../testing/run-specimens.ts';
import { after } from './after.ts';
import { meansControl } from './asked.ts';
import { progress } from './progress.ts';
import { createRunRedactor } from './redact.ts';
import { type Exit, exits, type Terminal, type Verb } from './verb.ts';

export type SelftestSummary = {
  /** How many controls were tried. */
  readonly controls: number;
  readonly healthy: { readonly total: number; readonly passed: number };
  readonly sabotages: { readonly total: number; readonly caught: number; readonly notRun: number };
  readonly lookalikes: { readonly total: number; readonly passed: number };
  /** Runs with the target blind in each way that its kind can be. */
  readonly unknowns: { readonly total: number; readonly honest: number };
  /** Sabotages that the control's own plan took back, and back again. */
  readonly mended: { readonly total: number; readonly restored: number };
  readonly wrong: readonly {
    readonly control: string;
    readonly kind: CaseKind;
    readonly name: string;
    readonly why: string;
  }[];
  readonly notRun: readonly {
    readonly control: string;
    readonly kind: CaseKind;
    readonly name: string;
    readonly missing: string;
  }[];
};

export const selftest: Verb = {
  name: 'selftest',
  summary: 'break scratch systems on purpose, and see that every control notices',
  define(command, terminal, finish) {
    command
      .argument('[area...]', 'areas or controls: tenancy, network/tls')
      .option('--json', 'print one JSON document')
      .action(async (areas: string[], { json = false }: { json?: boolean }) => {
        finish(await run(areas, json, terminal));
      });
  },
};

async function run(areas: readonly string[], json: boolean, terminal: Terminal): Promise<Exit> {
  const chosen = controls.filter(
    ({ ref }) => areas.length === 0 || areas.some((area) => meansControl(area, ref.id)),
  );
  const unmet = areas.filter((area) => !chosen.some(({ ref }) => meansControl(area, ref.id)));
  if (unmet.length > 0) {
    const known = [...new Set(controls.map(({ ref }) => ref.id.split('/')[0]))].join(', ');
    throw new SuretyError('usage/no-such-area', `no control is in ${unmet.join(', ')}`, `areas: ${known}`);
  }
  const steps = progress(terminal);
  const results: CaseResult[] = [];
  for (const registered of chosen) {
    const its = specimens.get(registered.ref.id);
    if (its === undefined) {
      results.push({
        control: registered.ref.id,
        kind: 'healthy',
        name: 'specimens',
        outcome: 'wrong',
        why: 'it ships none',
      });
      continue;
    }
    const found = await runSpecimens(registered, its, {
      kinds,
      after,
      now: terminal.now,
      signal: terminal.signal,
      redactor: createRunRedactor,
      onResult: ({ control, kind, name }) => steps.working(`${control}  ${kind}: ${name}`),
    });
    results.push(...found);
    steps.done(line(registered.ref.id, found));
  }
  steps.end();
  const summary = summarise(chosen.length, results);
  terminal.out(json ? `${JSON.stringify(summary)}\n` : text(summary));
  if (summary.wrong.length > 0) return exits.fail;
  return summary.notRun.length > 0 ? exits.unknown : exits.pass;
}

function summarise(count: number, results: readonly CaseResult[]): SelftestSummary {
  const of = (kind: CaseKind) => results.filter((result) => result.kind === kind);
  const ok = (kind: CaseKind) => of(kind).filter(({ outcome }) => outcome === 'ok').length;
  return {
    controls: count,
    healthy: { total: of('healthy').length, passed: ok('healthy') },
    sabotages: {
      total: of('sabotage').length,
      caught: ok('sabotage'),
      notRun: of('sabotage').filter(({ outcome }) => outcome === 'not run').length,
    },
    lookalikes: { total: of('lookalike').length, passed: ok('lookalike') },
    unknowns: { total: of('blind').length, honest: ok('blind') },
    mended: { total: of('mended').length, restored: ok('mended') },
    wrong: results
      .filter(({ outcome }) => outcome === 'wrong')
      .map(({ control, kind, name, why }) => ({ control, kind, name, why })),
    notRun: results
      .filter(({ outcome }) => outcome === 'not run')
      .map(({ control, kind, name, why }) => ({ control, kind, name, missing: why })),
  };
}

function line(control: string, results: readonly CaseResult[]): string {
  const count = (kind: CaseKind) => results.filter((result) => result.kind === kind);
  const part = (kind: CaseKind, word: string) =>
    `${count(kind).filter(({ outcome }) => outcome === 'ok').length}/${count(kind).length} ${word}`;
  const sound = results.every(({ outcome }) => outcome === 'ok');
  return `${sound ? 'ok   ' : 'wrong'}  ${control}  ${part('sabotage', 'caught')}, ${part('lookalike', 'look-alikes left alone')}, ${part('blind', 'honest unknowns')}`;
}

function text(summary: SelftestSummary): string {
  const { sabotages, lookalikes, unknowns, mended, wrong, notRun } = summary;
  const troubles = wrong.map(
    ({ control, kind, name, why }) => `wrong  ${control}  ${kind}: ${name}\n  ${why}\n`,
  );
  const skipped = notRun.map(
    ({ control, kind, name, missing }) => `not run  ${control}  ${kind}: ${name}\n  ${missing}\n`,
  );
  const counts = [
    summary.controls === 1 ? '1 control' : `${summary.controls} controls`,
    `${sabotages.caught}/${sabotages.total} sabotages caught`,
    `${lookalikes.passed}/${lookalikes.total} look-alikes left alone`,
    `${unknowns.honest}/${unknowns.total} honest unknowns`,
    `${mended.restored}/${mended.total} mended and taken back`,
    `${notRun.length} not run`,
  ];
  return `${troubles.join('')}${skipped.join('')}${counts.join(', ')}\n`;
}
