/**
 * Installs what is missing, once, says so, and then does a task with the Node.js that the project brings.
 * Plain JavaScript: the Node.js that starts it may be older than that.
 *
 *   node scripts/setup.mjs TASK [arguments…]
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const bin = join(root, 'node_modules', '.bin');
const marker = join(root, 'node_modules', '.surety-installed');

/** What each task runs, below the root. Everything else on the command line is passed on. */
const tasks = {
  surety: ['packages/surety/bin/surety.mjs'],
  demo: ['packages/surety/bin/surety.mjs', 'demo'],
  test: ['scripts/test.ts'],
  bench: ['bench/run.ts'],
  chaos: ['chaos/run.ts'],
  new: ['scripts/new.ts'],
  generate: ['scripts/generate.ts'],
  pack: ['scripts/pack.ts'],
};

/** Programs that tests or the demo use, by the Debian package that has them. */
const programs = [
  { program: 'git', package: 'git', for: 'reading repositories', tasks: ['surety', 'demo', 'test'] },
  { program: 'testssl', package: 'testssl.sh', for: 'the bench tls', tasks: ['bench'], words: ['tls'] },
  { program: 'pgbouncer', package: 'pgbouncer', for: 'the pooler', tasks: ['test', 'bench'] },
  {
    program: '/usr/lib/postgresql/15/bin/pg_dump',
    // The oldest release of it without known holes: packages/surety/src/backup/tool-holes.ts.
    least: [15, 20],
    package: 'postgresql-client-15',
    for: 'backups',
    tasks: ['surety', 'demo', 'test', 'bench'],
  },
  { program: 'pgbackrest', package: 'pgbackrest', for: 'physical backups', tasks: ['test'] },
  { program: 'radosgw', package: 'radosgw', for: 'the S3 server that others wrote', tasks: ['test'] },
  { program: 'ceph-mon', package: 'ceph-mon', for: 'the S3 server that others wrote', tasks: ['test'] },
  { program: 'ceph-osd', package: 'ceph-osd', for: 'the S3 server that others wrote', tasks: ['test'] },
  { program: 'ceph', package: 'ceph-common', for: 'the S3 server that others wrote', tasks: ['test'] },
  { program: 'ssh-keygen', package: 'openssh-client', for: "people's signatures", tasks: ['test'] },
  { program: 'prometheus', package: 'prometheus', for: 'the alert rules', tasks: ['test'] },
  {
    program: 'prometheus-alertmanager',
    package: 'prometheus-alertmanager',
    for: 'what reaches the pager',
    tasks: ['test'],
  },
];

function say(text) {
  process.stderr.write(`setup  ${text}\n`);
}

function installPackages() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
  say('installing npm packages (npm ci), this once');
  const { status, signal } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    // Standard output belongs to the task: it may be one JSON document.
    stdio: ['ignore', 2, 2],
  });
  if (signal !== null) process.exit(130);
  if (status !== 0) {
    say('npm ci failed\n  hint: is the npm registry reachable? run `npm ci` by hand and read what it says');
    process.exit(1);
  }
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(marker, wanted);
}

function has({ program, least }) {
  if (isAbsolute(program)) return existsSync(program) && isAtLeast(program, least);
  const paths = (process.env.PATH ?? '').split(delimiter);
  return paths.some((folder) => existsSync(join(folder, program)));
}

function isAtLeast(program, [major, minor]) {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  const [, first, second] = /(\d+)\.(\d+)/.exec(stdout ?? '') ?? [];
  return Number(first) === major && Number(second) >= minor;
}

function installPrograms(task, words) {
  const missing = programs.filter(
    (entry) =>
      entry.tasks.includes(task) &&
      (entry.words === undefined || entry.words.some((word) => words.includes(word))) &&
      !has(entry),
  );
  if (missing.length === 0) return;
  const names = missing.map((entry) => entry.package);
  const command = `apt-get install -y --no-install-recommends ${names.join(' ')}`;
  const mayInstall = process.getuid?.() === 0 && existsSync('/etc/debian_version');
  if (mayInstall) {
    say(`installing ${names.join(', ')} (Debian packages), this once`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const done =
      spawnSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 2, 2], env }).status === 0 &&
      spawnSync('sh', ['-c', `${command} -qq`], { stdio: ['ignore', 2, 2], env }).status === 0;
    if (done) return;
  }
  for (const entry of missing)
    say(`without ${entry.program}: ${entry.for} is skipped\n  hint: sudo ${command}`);
}

/** The project's own Node.js, where npm has one for this platform. */
function node() {
  const own = join(bin, 'node');
  if (existsSync(own)) return own;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  say(`Node.js ${process.versions.node} is too old here\n  hint: install Node.js 24`);
  process.exit(2);
}

const [task, ...rest] = process.argv.slice(2);
const run = tasks[task];
if (run === undefined) {
  say(`there is no task ${task}\n  hint: one of ${Object.keys(tasks).join(', ')}`);
  process.exit(2);
}
installPackages();
installPrograms(task, rest);
const [script, ...fixed] = run;
const child = spawn(node(), [join(root, script), ...fixed, ...rest], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
});
// Ctrl-C reaches the child by itself; a signal to this process alone is passed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
