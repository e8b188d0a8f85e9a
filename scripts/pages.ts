import { z } from 'zod';
import { controls } from '../packages/surety/src/controls/registry.ts';
import type { Control } from '../packages/surety/src/core/control.ts';
import { requirementById } from '../packages/surety/src/requirements/index.ts';
import { kinds } from '../packages/surety/src/targets/registry.ts';
import { specimens } from '../packages/surety/src/testing/registry.ts';
import type { Specimens } from '../packages/surety/src/testing/specimens.ts';

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
  ];
}

function index(): Page {
  const rows = controls.map(
    ({ ref, control }) => `| [${ref.id}](${ref.id}.md) | ${control.claim} | ${control.touch} |`,
  );
  return {
    file: 'controls/README.md',
    text: ['# Controls', '', '| control | claim | touch |', '| --- | --- | --- |', ...rows, ''].join('\n'),
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
      '',
      `Try them here: \`surety selftest ${id}\`.`,
      '',
    ].join('\n'),
  };
}

function list(title: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : ['', `## ${title}`, '', ...names.map((name) => `- ${name}`)];
}

function targets(): Page {
  const sections = [...kinds.values()].flatMap(({ kind, summary, facts }) => [
    `## ${kind}`,
    '',
    `${summary}.`,
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
      'What `surety.config.ts` must say of each kind: the facts that cannot be discovered.',
      '',
      ...sections,
    ].join('\n'),
  };
}

function withoutSchema(key: string, value: unknown): unknown {
  return key === '$schema' ? undefined : value;
}
