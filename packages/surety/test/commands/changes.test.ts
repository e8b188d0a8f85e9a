import assert from 'node:assert/strict';
import { test } from 'node:test';
import { config, estateFolder } from './estate-folder.ts';

const rootDockerfile = 'FROM node:24-bookworm-slim\n# it serves\nCMD ["node", "server.js"]\n';

test('a change is planned, applied, proven and taken back, and the log has it all', async (t) => {
  const folder = estateFolder({ 'surety.config.ts': config(), Dockerfile: rootDockerfile });
  t.after(() => folder.remove());

  const failing = await folder.surety('prove', 'container/non-root');
  assert.equal(failing.exit, 11);
  assert.match(failing.out, /^fail {6}container\/non-root {2}code/m);
  assert.match(failing.out, /hint: surety plan container\/non-root/);

  const planned = await folder.surety('plan', 'container/non-root');
  assert.equal(planned.exit, 11);
  assert.match(planned.out, /hint: surety apply container\/non-root/);
  assert.equal(folder.read('Dockerfile'), rootDockerfile, 'plan changes nothing');

  const applied = await folder.surety('apply', 'container/non-root', '--yes');
  assert.equal(applied.exit, 0, applied.err);
  assert.match(folder.read('Dockerfile'), /^USER \d+/m);
  assert.match(folder.read('Dockerfile'), /^# it serves$/m);

  assert.equal((await folder.surety('prove', 'container/non-root')).exit, 0);
  assert.match((await folder.surety('apply', 'container/non-root', '--yes')).out, /nothing to change/);

  const [change = ''] = (await folder.surety('undo')).out.split('\n');
  assert.match(change, /^container\/non-root:code:/);
  assert.deepEqual(JSON.parse((await folder.surety('undo', '--json')).out), { applied: [change] });
  const undone = await folder.surety('undo', change, '--yes', '--json');
  assert.deepEqual(JSON.parse(undone.out), { takenBack: change });
  assert.equal(folder.read('Dockerfile'), rootDockerfile);
  assert.match((await folder.surety('undo')).out, /nothing is applied/);

  assert.equal((await folder.surety('verify', '.surety/log/laptop')).exit, 0);
});

test('an undo that would overwrite later work is refused, and nothing is lost', async (t) => {
  const folder = estateFolder({ 'surety.config.ts': config(), Dockerfile: rootDockerfile });
  t.after(() => folder.remove());
  await folder.surety('apply', 'container/non-root', '--yes');
  const [change = ''] = (await folder.surety('undo')).out.split('\n');
  const later = `${folder.read('Dockerfile')}# added later\n`;
  folder.write('Dockerfile', later);
  const undone = await folder.surety('undo', change, '--yes');
  assert.equal(undone.exit, 1);
  assert.match(undone.err, /hint: /);
  assert.equal(folder.read('Dockerfile'), later);
});

test('without --yes and without a person nothing is changed', async (t) => {
  const folder = estateFolder({ 'surety.config.ts': config(), Dockerfile: rootDockerfile });
  t.after(() => folder.remove());
  const { exit, err } = await folder.surety('apply', 'container/non-root');
  assert.equal(exit, 1);
  assert.match(err, /terminal\/nobody[\s\S]*--yes/);
  assert.equal(folder.read('Dockerfile'), rootDockerfile);
});

test('a word that means nothing here is a usage error that says what there is', async (t) => {
  const folder = estateFolder({ 'surety.config.ts': config() });
  t.after(() => folder.remove());
  const typo = await folder.surety('prove', 'tenancy/isloated');
  assert.equal(typo.exit, 2);
  assert.match(typo.err, /no control, area or target is called tenancy\/isloated/);
  const outside = await folder.surety('prove', 'tenancy/isolated');
  assert.equal(outside.exit, 2);
  assert.match(outside.err, /the estate has no target for tenancy\/isolated/);
});

test('beside another word, a single change is still the only one of its control', async (t) => {
  const folder = estateFolder({
    'surety.config.ts': config(),
    'a/Dockerfile': rootDockerfile,
    'b/Dockerfile': rootDockerfile,
    '.gitignore': '.surety/keys/\n',
  });
  t.after(() => folder.remove());
  const one = 'container/non-root:code:a/Dockerfile';
  const { exit, out, err } = await folder.surety('apply', one, 'secrets', '--yes');
  assert.equal(exit, 0, err);
  assert.match(out, /^2 applied$/m);
  assert.notEqual(folder.read('a/Dockerfile'), rootDockerfile);
  assert.equal(folder.read('b/Dockerfile'), rootDockerfile);
});

test('a word that means nothing is refused beside one that does', async (t) => {
  const folder = estateFolder({ 'surety.config.ts': config(), Dockerfile: rootDockerfile });
  t.after(() => folder.remove());
  const applied = await folder.surety('apply', 'container', 'secerts', '--yes');
  assert.equal(applied.exit, 2);
  assert.match(applied.err, /nothing that can plan is called secerts/);
  assert.equal(folder.read('Dockerfile'), rootDockerfile);
  assert.equal((await folder.surety('selftest', 'container', 'secerts')).exit, 2);
});

test('all changes of a control are taken back by its name, the last one first', async (t) => {
  const folder = estateFolder({
    'surety.config.ts': config(),
    'a/Dockerfile': rootDockerfile,
    'b/Dockerfile': rootDockerfile,
  });
  t.after(() => folder.remove());
  await folder.surety('apply', 'container/non-root', '--yes');
  const applied = (await folder.surety('undo')).out.trim().split('\n');
  assert.equal(applied.length, 2);
  const undone = await folder.surety('undo', 'container/non-root', '--yes');
  assert.equal(undone.exit, 0, undone.err);
  assert.deepEqual(
    undone.out.match(/(?<=^taken back {2}).*$/gm),
    applied,
    'in the order in which `undo` lists them: newest first',
  );
  for (const name of ['a', 'b']) assert.equal(folder.read(`${name}/Dockerfile`), rootDockerfile);
  assert.match((await folder.surety('undo')).out, /nothing is applied/);
});

test('a plan has one line for a change, all of it on demand, and knows when there is no such change', async (t) => {
  const folder = estateFolder({ 'surety.config.ts': config(), Dockerfile: rootDockerfile });
  t.after(() => folder.remove());
  const planned = await folder.surety('plan', 'container/non-root');
  assert.match(planned.out, /^container\/non-root:code:Dockerfile {2}.*\(code, 1 file\)$/m);
  assert.doesNotMatch(planned.out, /^ *\+USER/m);
  assert.match(planned.out, /all that they do: surety plan container\/non-root --full$/m);
  assert.match((await folder.surety('plan', 'container/non-root', '--full')).out, /^ *\+USER \d+/m);
  assert.match((await folder.surety('plan', 'container/non-root:code:Dockerfile')).out, /^ *\+USER \d+/m);
  const odd = await folder.surety('plan', 'container/non-root:code:Dokcerfile');
  assert.equal(odd.exit, 2);
  assert.match(odd.err, /no such change is planned now: container\/non-root:code:Dokcerfile/);
});

test('of an area, what the estate has no target for is named', async (t) => {
  const folder = estateFolder({
    'surety.config.ts': config(),
    Dockerfile: rootDockerfile,
    '.gitignore': '.surety/keys/\n',
  });
  t.after(() => folder.remove());
  const { out } = await folder.surety('prove', 'container', 'tenancy/isolation-tested-in-ci', 'tenancy');
  assert.match(out, /out of scope: no postgres in the estate \(.*tenancy\/isolated/);
  assert.doesNotMatch(out, /network\//);
});

test('a plan for a program is whole, also where a file looks as if it held a secret', async (t) => {
  const secret = 'RUN curl -H "Authorization: Bearer abcdefgh12345678" https://example.com\n';
  const folder = estateFolder({ 'surety.config.ts': config(), Dockerfile: `FROM node:24\n${secret}` });
  t.after(() => folder.remove());
  const { out } = await folder.surety('plan', 'container/non-root', '--json');
  assert.doesNotMatch(out, /abcdefgh12345678/);
  const [change] = JSON.parse(out).changes;
  assert.match(change.steps[0].content, /\nUSER \d+/);
});
