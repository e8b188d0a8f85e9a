import { parseDocument } from 'yaml';
import type { RepoPath } from '../name.ts';
import { type Answer, both, no, unknown, yes } from './answer.ts';
import { canFail, condition, type Trigger } from './condition.ts';

/** One `run:` of a GitHub workflow. */
export type Step = {
  /** `ci.yml: test / Tenant isolation` */
  readonly name: string;
  readonly run: string;
  /** `null`: GitHub's own, `bash -e`. */
  readonly shell: string | null;
  /** The folder that it starts in, from the root of the repository. */
  readonly folder: string;
  /** Of the workflow, the job and the step. */
  readonly env: Readonly<Record<string, string>>;
  /** The users of database services that are superusers there. */
  readonly superusers: readonly string[];
  /** Whether it runs after that trigger, and its failure counts. */
  readonly runs: (trigger: Trigger) => Answer;
};

export type Workflow = {
  readonly steps: readonly Step[];
  /** Names of jobs that call another workflow, which is not followed. */
  readonly calls: readonly string[];
};

export function isWorkflow(path: RepoPath): boolean {
  return /^\.github\/workflows\/[^/]+\.ya?ml$/.test(path);
}

/** @returns why it cannot be judged, where it is no YAML. */
export function readWorkflow(path: RepoPath, text: string): Workflow | { readonly trouble: string } {
  const document = parseDocument(text, { merge: true, uniqueKeys: false });
  const [error] = document.errors;
  if (error) return { trouble: `not YAML: ${error.code}` };
  let content: Mapping;
  try {
    content = mapping(document.toJS({ maxAliasCount: 100 }));
  } catch {
    return { trouble: 'its aliases go on and on' };
  }
  const jobs = mapping(content.jobs);
  const file = path.slice(path.lastIndexOf('/') + 1);
  return {
    steps: Object.entries(jobs).flatMap(([id, job]) => stepsOf(file, content, jobs, id, mapping(job))),
    calls: Object.entries(jobs).flatMap(([id, job]) =>
      typeof mapping(job).uses === 'string' ? [`${file}: ${id}`] : [],
    ),
  };
}

function stepsOf(file: string, workflow: Mapping, jobs: Mapping, id: string, job: Mapping): readonly Step[] {
  const superusers = Object.values(mapping(job.services)).flatMap((service) => {
    const { image, env } = mapping(service);
    return /postgres|timescale|postgis|supabase/i.test(String(image))
      ? [String(mapping(env).POSTGRES_USER ?? 'postgres')]
      : [];
  });
  return list(job.steps).flatMap((given, index): readonly Step[] => {
    const step = mapping(given);
    if (typeof step.run !== 'string') return [];
    const default_ = { ...mapping(mapping(workflow.defaults).run), ...mapping(mapping(job.defaults).run) };
    const shell = step.shell ?? default_.shell;
    return [
      {
        name: `${file}: ${id} / ${typeof step.name === 'string' ? step.name : `step ${index + 1}`}`,
        run: step.run,
        shell: typeof shell === 'string' ? shell : null,
        folder: String(step['working-directory'] ?? default_['working-directory'] ?? '.'),
        env: strings({ ...mapping(workflow.env), ...mapping(job.env), ...mapping(step.env) }),
        superusers,
        runs: (trigger) =>
          both(
            triggered(workflow, trigger),
            jobRuns(jobs, id, trigger, []),
            canFail(job['continue-on-error']),
            condition(step.if, trigger),
            canFail(step['continue-on-error']),
          ),
      },
    ];
  });
}

/** A job whose `needs` are skipped is skipped as well. */
function jobRuns(jobs: Mapping, id: string, trigger: Trigger, above: readonly string[]): Answer {
  const job = mapping(jobs[id]);
  if (above.includes(id)) return unknown('its jobs need each other');
  const needs = typeof job.needs === 'string' ? [job.needs] : list(job.needs).map(String);
  return both(
    condition(job.if, trigger),
    ...needs.map((need) => jobRuns(jobs, need, trigger, [...above, id])),
  );
}

function triggered(workflow: Mapping, trigger: Trigger): Answer {
  const { on } = workflow;
  const events: Mapping =
    typeof on === 'string'
      ? { [on]: null }
      : Array.isArray(on)
        ? Object.fromEntries(on.map((event) => [String(event), null]))
        : mapping(on);
  switch (trigger) {
    case 'push':
      return 'push' in events ? unfiltered(mapping(events.push), 'push') : no('not started by a push');
    case 'pull request':
      return 'pull_request' in events
        ? both(unfiltered(mapping(events.pull_request), 'pull_request'), types(mapping(events.pull_request)))
        : no('not started by a pull request');
    case 'nightly':
      return 'schedule' in events ? nightly(list(events.schedule)) : no('not started by a schedule');
  }
}

function unfiltered(filters: Mapping, event: string): Answer {
  if ('paths' in filters || 'paths-ignore' in filters)
    return unknown(`${event} of some paths only, which are not compared with what isolation rests on`);
  if ('tags' in filters && !('branches' in filters)) return no(`${event} of tags only`);
  if ('branches-ignore' in filters) return unknown(`${event} of some branches only`);
  const branches = filters.branches === undefined ? null : list(filters.branches).map(String);
  if (branches === null || branches.some((name) => /^(main|master|trunk|develop|\*\*?)$/.test(name)))
    return yes;
  return unknown(`${event} of the branches ${branches.join(', ')} only`);
}

function types({ types }: Mapping): Answer {
  if (types === undefined || list(types).includes('synchronize')) return yes;
  return no('not started again when a pull request changes');
}

/** At least five nights a week, all year. */
function nightly(schedule: readonly unknown[]): Answer {
  const crons = schedule.map((entry) => String(mapping(entry).cron).trim().split(/\s+/));
  if (crons.some(([, , day, month, weekday]) => every(day) && every(month) && fiveDays(weekday ?? '')))
    return yes;
  return no('its schedule is not nightly');
}

function every(field: string | undefined): boolean {
  return field === '*' || field === '*/1' || field === '?';
}

function fiveDays(field: string): boolean {
  if (every(field)) return true;
  const days = field.toUpperCase().split(',').flatMap(range);
  return new Set(days.map((day) => day % 7)).size >= 5;
}

const names = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

function range(text: string): readonly number[] {
  const [from = Number.NaN, to = from] = text
    .split('-')
    .map((day) => (names.includes(day) ? names.indexOf(day) : Number(day)));
  if (!(from >= 0 && to <= 7 && from <= to)) return [];
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

type Mapping = Readonly<Record<string, unknown>>;

function mapping(value: unknown): Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}

function list(value: unknown): readonly unknown[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value : [];
}

function strings(values: Mapping): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}
