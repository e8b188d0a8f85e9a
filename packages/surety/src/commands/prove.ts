import { randomUUID } from 'node:crypto';
import { relative } from 'node:path';
import { EvidenceError, type Log, observationsDigest, verifyLog } from '@surety/evidence';
import { controls } from '../controls/registry.ts';
import { brokenRuns } from '../core/broken-runs.ts';
import { SuretyError } from '../core/error.ts';
import { type Estate, remoteHosts } from '../core/estate.ts';
import { type Job, type Row, type RunContext, type RunLog, run, type Scope, scope } from '../core/run.ts';
import { standing } from '../core/standing.ts';
import { type Touch, touches } from '../core/target.ts';
import { markdown } from '../reports/markdown.ts';
import { type Counts, count, oneLine, terminal as print, summary } from '../reports/terminal.ts';
import { kinds } from '../targets/registry.ts';
import { version } from '../version.ts';
import { after } from './after.ts';
import { meansControl, meansJob } from './asked.ts';
import { logPlace, openEstateLog, recordsSoFar } from './estate-log.ts';
import { loadEstate, repoEstate } from './load-estate.ts';
import { progress } from './progress.ts';
import { createRunRedactor, type RunRedactor } from './redact.ts';
import { type Exit, exits, type Terminal, type Verb, widthOf } from './verb.ts';

type Options = {
  readonly config?: string;
  readonly repo?: string;
  readonly allow?: readonly string[];
  readonly scheduled?: boolean;
  readonly markdown?: boolean;
  readonly json?: boolean;
};

export const prove: Verb = {
  name: 'prove',
  summary: 'attack the estate, judge what was seen, and sign it into the log',
  define(command, terminal, finish) {
    command
      .argument('[what...]', 'areas, controls or targets: tenancy, network/tls, budget-db')
      .option('--config <file>', 'the estate (default: surety.config.ts here)')
      .option(
        '--repo <path>',
        'look at a checkout, without an estate and without running anything of it; nothing is recorded',
      )
      .option('--allow <touch...>', 'what else may be done: writes, disrupts')
      .option('--scheduled', 'record that a schedule asked for this run')
      .option('--markdown', 'print it for a pull request or a wiki')
      .option('--json', 'print one JSON document')
      .action(async (what: string[], options: Options) => {
        const document = await proveEstate(what, options, terminal);
        if (options.json === true) terminal.out(`${JSON.stringify(document.json)}\n`);
        else terminal.out(options.markdown === true ? document.markdown : document.text);
        finish(document.altered ? exits.fail : exitOf(document.rows));
      });
  },
};

export type ProvedVerdict = {
  readonly control: string;
  readonly binding: string;
  readonly verdict: Row['verdict'];
  readonly method: Row['method'];
  readonly observations: readonly {
    readonly subject: string;
    readonly want: string;
    readonly got: string;
    readonly method: string;
  }[];
  /** How many breaks an accepted risk covers. */
  readonly excepted: number;
  readonly hint: string | null;
};

/** A control that looks at what belongs to whoever runs it, and not to the estate: `the demo’s own server`; or that cannot know yet. */
export type Apart = { readonly control: string; readonly because: string };

/** What only the demo asks for. */
type Limits = {
  readonly apart?: readonly Apart[];
  /** Jobs that another binding of the same control stands for. */
  readonly leaveOut?: (job: Job) => boolean;
};

/** The one shape that `prove --json` and `demo --json` print. */
export type ProveDocument = {
  readonly estate: string;
  readonly verdicts: readonly ProvedVerdict[];
  readonly counts: Counts;
  /** Verdicts that are not among the others, nor in the counts, and why. Only the demo has any. */
  readonly apart: readonly (ProvedVerdict & { readonly because: string })[];
  readonly outOfScope: Scope['outOfScope'];
  /** `null` where nothing was recorded. */
  readonly log: { readonly size: number; readonly checkpoint: string; readonly verified: boolean } | null;
};

export type Proved = {
  readonly rows: readonly Row[];
  /** The log beside the rows is not as it was written: no verdict makes up for that. */
  readonly altered: boolean;
  readonly json: ProveDocument;
  readonly text: string;
  readonly markdown: string;
};

async function proveEstate(what: readonly string[], options: Options, terminal: Terminal): Promise<Proved> {
  const redactor = createRunRedactor();
  if (options.repo !== undefined) {
    return proveJobs(await repoEstate(options.repo, terminal), what, options, terminal, redactor, null);
  }
  const estate = await loadEstate(options.config, terminal, redactor.secret);
  const log = await openEstateLog(estate, terminal);
  try {
    await closeBrokenRuns(estate, log, terminal);
    return await proveJobs(estate, what, options, terminal, redactor, log);
  } finally {
    await log.close();
  }
}

async function closeBrokenRuns(estate: Estate, log: Log, terminal: Terminal): Promise<void> {
  const records = await recordsSoFar(estate, terminal.env);
  const closing = brokenRuns(records, {
    now: terminal.now(),
    controls: controls.map(({ ref }) => ref),
    digest: observationsDigest,
    tools,
  });
  if (closing.length === 0) return;
  try {
    await log.append(closing, records.length);
  } catch (error) {
    if (!(error instanceof EvidenceError) || error.code !== 'log/moved') throw error;
    // Another one may have said it meanwhile, and twice would be once too often.
    return closeBrokenRuns(estate, log, terminal);
  }
  terminal.err(`${closing.length} verdicts of runs that broke off are recorded as unknown\n`);
}

/** Proves what was asked for in an estate, recording it in `log` where there is one. */
export async function proveJobs(
  estate: Estate,
  what: readonly string[],
  options: Pick<Options, 'allow' | 'scheduled' | 'repo'> & Limits,
  terminal: Terminal,
  redactor: RunRedactor,
  log: Log | null,
): Promise<Proved> {
  const everything = scope(controls, estate);
  const jobs = everything.jobs.filter(
    (job) =>
      (what.length === 0 || what.some((asked) => meansJob(asked, job))) && options.leaveOut?.(job) !== true,
  );
  const unknown = what.filter((asked) => !everything.jobs.some((job) => meansJob(asked, job)));
  if (unknown.length > 0) throw nothingMeant(unknown);
  announce(jobs, terminal);
  const steps = progress(terminal);
  const proved = await run(estate, jobs, {
    ...runContext(terminal, redactor, log ?? unrecorded, options),
    root: estate.root,
    standing: standing(log === null ? [] : await recordsSoFar(estate, terminal.env), estate.people),
    onStart: ({ registered, binding }) => steps.working(`proving ${registered.ref.id}  ${binding.name}`),
    // A person sees the same lines once more, and better, in the end.
    onVerdict: (row) => (terminal.interactive ? undefined : steps.done(oneLine(row))),
  });
  steps.end();
  const all = proved.map((row) => withRepo(row, options.repo));
  const because = new Map((options.apart ?? []).map((one) => [one.control, one.because]));
  const rows = all.filter(({ control }) => !because.has(control));
  const apart = all.flatMap((row): RowApart[] => {
    const why = because.get(row.control);
    return why === undefined ? [] : [{ row, because: why }];
  });
  const logged = log === null ? null : await checked(estate, log, terminal);
  const outside = what.length === 0 ? everything : outsideOf(what, everything);
  return {
    rows,
    altered: logged?.altered === true,
    // Made where it is asked for: that of a large run is as large as the run.
    get json() {
      return documentOf(estate, rows, apart, everything, logged);
    },
    text: textOf(rows, apart, outside, logged, terminal),
    get markdown() {
      return markdown(rows, outside);
    },
  };
}

/** Of what is out of scope, what was asked for. */
function outsideOf(
  what: readonly string[],
  { outOfScope, alone }: Scope,
): Pick<Scope, 'outOfScope' | 'alone'> {
  const isAsked = (control: string): boolean => what.some((asked) => meansControl(asked, control));
  return {
    outOfScope: outOfScope
      .map((one) => ({ ...one, controls: one.controls.filter(isAsked) }))
      .filter(({ controls }) => controls.length > 0),
    alone: alone.filter(({ control }) => isAsked(control)),
  };
}

/** What helps with a checkout that has no estate has to name it. */
function withRepo(row: Row, repo: string | undefined): Row {
  if (repo === undefined || row.hint === null) return row;
  return { ...row, hint: row.hint.replace(/^surety plan \S+$/, (hint) => `${hint} --repo ${repo}`) };
}

const tools = { surety: version, node: process.versions.node };

const unrecorded: RunLog = { append: async () => undefined };

function runContext(
  terminal: Terminal,
  redactor: RunRedactor,
  log: RunLog,
  { allow = [], scheduled = false }: Pick<Options, 'allow' | 'scheduled'>,
): Omit<RunContext, 'root' | 'standing'> {
  return {
    kinds,
    now: terminal.now,
    after,
    signal: terminal.signal,
    secret: redactor.secret,
    redact: redactor.redact,
    redactText: redactor.redactText,
    run: randomUUID(),
    scheduled,
    allow: new Set(allow.map(touchNamed)),
    log,
    digest: observationsDigest,
    tools,
  };
}

function touchNamed(name: string): Touch {
  const touch = touches.find((known) => known === name);
  if (touch === 'writes' || touch === 'disrupts') return touch;
  throw new SuretyError(
    'usage/no-such-touch',
    `--allow ${name}: there is no such touch to allow`,
    '--allow writes, --allow disrupts',
  );
}

function nothingMeant(asked: readonly string[]): SuretyError {
  const known = controls.some(({ ref }) => asked.some((one) => meansControl(one, ref.id)));
  const names = asked.join(', ');
  return known
    ? new SuretyError(
        'usage/out-of-scope',
        `the estate has no target for ${names}`,
        'add one to surety.config.ts',
      )
    : new SuretyError(
        'usage/no-such-control',
        `no control, area or target is called ${names}`,
        'surety prove --help; docs/controls lists them',
      );
}

/** Before the first attack on what is not on this machine: which hosts, and how hard. */
function announce(jobs: readonly Job[], { err }: Terminal): void {
  const touched = new Map<string, Set<Touch>>();
  for (const { registered, binding } of jobs) {
    for (const host of Object.values(binding.targets).flatMap(remoteHosts)) {
      touched.set(host, (touched.get(host) ?? new Set()).add(registered.control.touch));
    }
  }
  for (const [host, how] of touched) err(`will touch ${host}: ${[...how].join(', ')}\n`);
}

type Checked = {
  readonly size: number;
  readonly checkpoint: string;
  readonly verified: boolean;
  /** More is wrong than results that are still to come, or never came. */
  readonly altered: boolean;
  readonly folder: string;
  readonly problems: readonly string[];
};

/** Reads the log back as a stranger would. */
async function checked(estate: Estate, log: Log, terminal: Terminal): Promise<Checked> {
  const { folder } = logPlace(estate, terminal.env);
  const { problems } = await verifyLog(folder, { now: terminal.now() });
  return {
    size: log.size(),
    checkpoint: log.checkpoint(),
    verified: problems.length === 0,
    folder: relative(terminal.cwd, folder) || '.',
    altered: problems.some(({ kind }) => kind !== 'dropped'),
    problems: problems.map(({ message }) => message),
  };
}

type RowApart = { readonly row: Row; readonly because: string };

function documentOf(
  estate: Estate,
  rows: readonly Row[],
  apart: readonly RowApart[],
  { outOfScope }: Scope,
  logged: Checked | null,
): ProveDocument {
  return {
    estate: estate.name,
    verdicts: rows.map(verdictOf),
    counts: count(rows),
    apart: apart.map(({ row, because }) => ({ ...verdictOf(row), because })),
    outOfScope,
    log:
      logged === null
        ? null
        : { size: logged.size, checkpoint: logged.checkpoint, verified: logged.verified },
  };
}

function verdictOf({ control, binding, verdict, method, judged, excepted, hint }: Row): ProvedVerdict {
  return {
    control,
    binding,
    verdict,
    method,
    observations: judged.map(({ observation, want, got }) => ({
      subject: observation.subject,
      want,
      got,
      method: observation.method,
    })),
    excepted,
    hint,
  };
}

function textOf(
  rows: readonly Row[],
  apart: readonly RowApart[],
  outside: Pick<Scope, 'outOfScope' | 'alone'>,
  logged: Checked | null,
  terminal: Terminal,
): string {
  const color = terminal.interactive && !terminal.env.NO_COLOR;
  const look = { color, columns: widthOf(terminal) };
  const aside = [...Map.groupBy(apart, ({ because }) => because)].map(
    ([because, its]) =>
      `\napart from the totals, ${because}:\n${print(
        its.map(({ row }) => row),
        look,
      )}`,
  );
  const asides = aside.length === 0 ? '' : `${aside.join('')}\n`;
  return `\n${print(rows, look)}\n${summary(rows, outside, look.columns)}${asides}${logLine(logged)}`;
}

function logLine(logged: Checked | null): string {
  if (logged === null) return 'nothing was recorded\n';
  const { size, folder, verified, problems } = logged;
  if (verified) return `log: ${size} records, verified, self-attested\n  surety verify ${folder}\n`;
  return `log: ${size} records, not sound\n${problems.map((problem) => `  ${problem}\n`).join('')}`;
}

export function exitOf(rows: readonly Row[]): Exit {
  const { pass, fail, unknown, notApplicable } = count(rows);
  if (fail > 0) return exits.fail;
  if (unknown > 0) return exits.unknown;
  return pass + notApplicable > 0 ? exits.pass : exits.nothing;
}
