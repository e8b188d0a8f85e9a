/**
 * Writes the files of a new control, ready to be filled in.
 *
 *   npm run new AREA/NAME
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const [id = ''] = process.argv.slice(2);

function camel(text: string): string {
  return text.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

const control = `import { control, supports } from '../../core/control.ts';

export default control({
  claim: 'One sentence that is true or false',
  why: 'What goes wrong where it is false.',
  requirements: [supports('tsc:CC6.1', 'how it serves this line')],
  targets: { repo: 'repo' },
  touch: 'nothing',
  async prove({ repo }, see) {
    // Write down what you see, and do not decide: the verdict follows from it. See CONTRIBUTING.md.
    const files = await repo.files((path) => path === 'README.md');
    if (files.doubt !== null) see.blind('files', files.doubt);
    for (const path of await see.population('files', files)) see.blind(path, 'prove is not filled in yet');
  },
});
`;

function specimens(name: string): string {
  return `import { scratchRepo } from '../../testing/scratch-repo.ts';
import { specimens } from '../../testing/specimens.ts';
import ${camel(name)} from './${name}.ts';

export default specimens({
  control: ${camel(name)},
  on: () => scratchRepo({ 'README.md': 'a healthy repository\\n' }),
  lookalikes: {
    'a harmless oddity': { break: { write: { 'notes.txt': 'nothing to see\\n' } } },
  },
  sabotages: {
    'the first way to break it': { break: { write: { 'README.md': 'broken\\n' } }, names: 'README.md' },
    'the second way to break it': { break: { write: { 'README.md': '' } }, names: 'README.md' },
  },
});
`;
}

if (!/^[a-z][a-z0-9]*\/[a-z][a-z0-9-]*$/.test(id)) {
  console.error(
    'usage: npm run new AREA/NAME\n  hint: lower-case letters, digits and dashes: tenancy/isolated',
  );
  process.exitCode = 2;
} else {
  const file = join(root, 'packages/surety/src/controls', `${id}.ts`);
  if (existsSync(file)) {
    console.error(`${relative(root, file)} exists already`);
    process.exitCode = 2;
  } else {
    const name = id.split('/')[1] ?? '';
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, control);
    writeFileSync(file.replace(/\.ts$/, '.specimens.ts'), specimens(name));
    console.log(
      `wrote ${relative(root, file)} and its specimens\n  next: fill in prove and two sabotages, then npm run generate, then npx surety selftest ${id}`,
    );
  }
}
