import { z } from 'zod';
import { controls } from '../packages/surety/src/controls/registry.ts';
import type { Control } from '../packages/surety/src/core/control.ts';
import { requirementById } from '../packages/surety/src/requirements/index.ts';
import { type Bypass, bypasses, type Cover } from '../packages/surety/src/targets/postgres/bypasses.ts';
import { kinds } from '../packages/surety/src/targets/registry.ts';
import { specimens } from '../packages/surety/src/testing/registry.ts';
import type { Specimens } from '../packages/surety/src/testing/specimens.ts';
import { exampleOf } from './target-examples.ts';

/** A page of the documentation that follows from the code. Paths are relative to `docs/`. */
export type Page = { readonly file: string; readonly text: string };

const touchMeaning: Readonly<Record<Control['touch'], string>> = {
  nothing: 'reads only',
  rollback: 'writes inside transactions that are always rolled back; takes locks, moves sequences',
  scratch: 'writes to a copy that the run makes and removes',
  writes: 'leaves traces; needs `--allow writes`',
  disrupts: 'stops or degrades something; needs `--allow disrupts`',
};

export function pages(): readonly Page[] {
  return [
    index(),
    ...controls.map(({ ref, control }) => page(ref.id, control, specimens.get(ref.id))),
    targets(),
    bypassesPage(),
  ];
}

function index(): Page {
  const rows = controls.map(
    ({ ref, control }) => `| [${ref.id}](${ref.id}.md) | ${control.claim} | ${control.touch} |`,
  );
  return {
    file: 'controls/README.md',
    text: [
      '# Controls',
      '',
      'What those of tenancy look for: [ways past row security](../bypasses.md).',
      '',
      '| control | claim | touch |',
      '| --- | --- | --- |',
      ...rows,
      '',
    ].join('\n'),
  };
}

function page(id: string, control: Control, its: Specimens | undefined): Page {
  const wanted = Object.entries(control.targets).map(([role, kind]) =>
    typeof kind === 'string'
      ? `\`${role}\`: a ${kind}`
      : `\`${role}\`: a ${kind.optional}, where the estate has one`,
  );
  const mappings = control.requirements.map(({ requirement, relation, reason }) => {
    const line = requirementById.get(requirement);
    const outdated = line?.superseded === undefined ? '' : ' (superseded)';
    return `| \`${requirement}\` | ${line?.claim ?? ''}${outdated} | ${relation} | ${reason} | ${line?.freshness ?? ''} |`;
  });
  const attested =
    control.attested === undefined
      ? []
      : [
          '',
          `A person answers, for ${control.attested.days} days: ${control.attested.question}`,
          '',
          `    surety attest ${id} --as NAME`,
        ];
  return {
    file: `controls/${id}.md`,
    text: [
      `# ${id}`,
      '',
      `**${control.claim}.**`,
      '',
      control.why,
      '',
      `    surety prove ${id}`,
      ...(control.plan === null ? [] : [`    surety plan ${id}`]),
      '',
      `Looks at ${wanted.join('; ') || 'the log'}. Touch: \`${control.touch}\`, ${touchMeaning[control.touch]}.`,
      ...attested,
      '',
      '| requirement | in our words | relation | how | fresh for |',
      '| --- | --- | --- | --- | --- |',
      ...mappings,
      ...list('Sabotages that it must catch', Object.keys(its?.sabotages ?? {})),
      ...list('Look-alikes that it must leave alone', Object.keys(its?.lookalikes ?? {})),
      ...(Object.values(control.targets).includes('postgres') ? listOfBypasses(id) : []),
      ...(control.touch === 'rollback' && Object.values(control.targets).includes('postgres')
        ? list('What a rolled-back attack still moves', stillMoved)
        : []),
      '',
      `Try them here: \`surety selftest ${id}\`.`,
      '',
    ].join('\n'),
  };
}

function list(title: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : ['', `## ${title}`, '', ...names.map((name) => `- ${name}`)];
}

/** A rollback takes rows back; these it does not. */
const stillMoved = [
  'locks: an act locks what it touches until it is taken back, one statement of at most 8 s later, and writers of the same rows wait that long. We wait for nobody longer than 2 s. Rows that are planted to be looked for elsewhere keep theirs meanwhile, of so many tables at a time as take a quarter of the server’s room for locks',
  'sequences: numbers that were drawn are gone, so that keys have gaps',
  'dead rows: each row version that an act wrote stays until VACUUM',
  'the write-ahead log: it holds what was written, goes to replicas and archives, and grows with it',
  'statistics: counters of written, removed and rolled-back rows move, and autovacuum may come sooner',
  'transaction numbers: each savepoint that wrote takes one',
  'the server’s log: an error is logged, with the values of a key where it names one; pgaudit and log_statement log the statements',
  'triggers: they fire, and what they do within the database is taken back. One that reaches outside of it is not fired',
  'not moved: rows, the schema, privileges, notifications (never sent), what logical decoding gives out',
];

/** The entries of the catalogue that this control stands against. */
function listOfBypasses(id: string): readonly string[] {
  const its = bypasses.filter(({ covers }) =>
    covers.some((cover) => (cover.how === 'caught' || cover.how === 'safe') && cover.control === id),
  );
  return list(
    'Ways past row security that it looks for',
    its.map(({ number, attack }) => `[${number}](../../bypasses.md): ${attack}`),
  );
}

function bypassesPage(): Page {
  const areas = [...new Set(bypasses.map(({ area }) => area))].flatMap((area) => [
    `## ${area.charAt(0).toUpperCase()}${area.slice(1)}`,
    '',
    '| # | what somebody does, or what was left open | left alone, it | here |',
    '| --- | --- | --- | --- |',
    ...bypasses.filter((bypass) => bypass.area === area).map(bypassRow),
    '',
  ]);
  return {
    file: 'bypasses.md',
    text: [
      '# Ways past row security',
      '',
      `The ${bypasses.length} ways past PostgreSQL’s row security that are known to us. *Caught*: a sabotage with it fails the control.`,
      '*Safe*: PostgreSQL stops it, and a system with it passes. *Tested*: the runtime that the application ships stops it.',
      '*Registered*: nothing can be tried or closed, and it is said, with what helps. A test holds that each is there.',
      '',
      'Holes of single releases of the server are in [tenancy/server-patched](controls/tenancy/server-patched.md).',
      '',
      ...areas,
    ].join('\n'),
  };
}

function bypassRow({ number, attack, alone, covers }: Bypass): string {
  const byPlace = Map.groupBy(covers, placeOf);
  const here = [...byPlace].map(([place, its]) => `${place}: ${its.map(nameOf).join('; ')}`);
  return `| ${number} | ${cell(attack)} | ${alone} | ${here.map(cell).join('<br>')} |`;
}

function placeOf(cover: Cover): string {
  switch (cover.how) {
    case 'caught':
      return `caught by [${cover.control}](controls/${cover.control}.md)`;
    case 'safe':
      return `safe, seen by [${cover.control}](controls/${cover.control}.md)`;
    case 'tested':
      return `tested in \`${cover.file}\``;
    case 'registered':
      return 'registered';
  }
}

function nameOf(cover: Cover): string {
  if (cover.how !== 'registered') return cover.by;
  return cover.fix === null ? cover.reason : `${cover.reason}; ${cover.fix}`;
}

/** A cell of a table ends at a bar. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function targets(): Page {
  const sections = [...kinds.values()].flatMap(({ kind, summary, facts }) => [
    `## ${kind}`,
    '',
    `${summary}.`,
    '',
    '```ts',
    exampleOf(kind),
    '```',
    '',
    'All that it takes:',
    '',
    '```json',
    JSON.stringify(z.toJSONSchema(facts, { unrepresentable: 'any', io: 'input' }), withoutSchema, 2),
    '```',
    '',
  ]);
  return {
    file: 'targets.md',
    text: [
      '# Targets',
      '',
      'What `surety.config.ts` must say of each kind, under `targets`: the facts that cannot be discovered. Each begins with as little as it takes.',
      '',
      ...sections,
    ].join('\n'),
  };
}

function withoutSchema(key: string, value: unknown): unknown {
  return key === '$schema' ? undefined : value;
}
