import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual, promisify } from 'node:util';
import { z } from 'zod';
import { type Protocol, protocols } from '../../packages/surety/src/targets/tls/protocol.ts';
import { suiteName } from '../../packages/surety/src/targets/tls/suites.ts';
import tls from '../../packages/surety/src/targets/tls/target.ts';
import { throwawayCa } from '../../packages/surety/src/testing/certificates.ts';
import type { Bench, BenchResult } from '../bench.ts';

const run = promisify(execFile);
/** testssl.sh takes minutes; more than this is a hang. */
const patience = 10 * 60_000;

type Findings = Readonly<Record<string, readonly string[]>>;
type Timed = { readonly findings: Findings; readonly seconds: number };

const bench: Bench = {
  name: 'tls',
  summary: 'suites of every protocol of one old Java server, by our prober and by testssl.sh',
  async run() {
    await present('testssl', ['--version'], 'apt-get install testssl.sh');
    await present('java', ['--version'], 'apt-get install default-jdk-headless');
    const folder = await mkdtemp(join(tmpdir(), 'surety-bench-tls-'));
    try {
      return await sideBySide(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

export default bench;

async function sideBySide(folder: string): Promise<BenchResult> {
  await using server = await oldServer(folder);
  const ours = await byOurs(server.port);
  const theirs = await byTestssl(server.port, join(folder, 'findings.json'));
  const found = Object.values(ours.findings).flat().length;
  if (found === 0) throw new Error('nothing was found: a ratio would say nothing');
  if (!isDeepStrictEqual(ours.findings, theirs.findings)) {
    throw new Error(`findings differ\n  ours   ${summary(ours)}\n  theirs ${summary(theirs)}`);
  }
  const ratio = ours.seconds / theirs.seconds;
  return {
    rows: [
      {
        measure: 'time',
        value: ours.seconds,
        unit: 's',
        against: { name: 'testssl.sh', value: theirs.seconds, ratio },
      },
      ...Object.entries(ours.findings).map(([protocol, suites]) => ({
        measure: `suites of ${protocol}, the same in both`,
        value: suites.length,
        unit: 'suites',
      })),
    ],
  };
}

async function present(tool: string, argv: readonly string[], install: string): Promise<void> {
  await run(tool, [...argv]).catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
      throw new Error(`${tool} is not installed\n  hint: ${install}`, { cause });
  });
}

/** A server with everything on that this Java still has. */
async function oldServer(folder: string): Promise<AsyncDisposable & { readonly port: number }> {
  const { key, cert } = await (await throwawayCa()).issue({ key: 'rsa' });
  const files = [join(folder, 'key.pem'), join(folder, 'cert.pem')] as const;
  await writeFile(files[0], key, { mode: 0o600 });
  await writeFile(files[1], cert);
  const child = spawn('java', [join(import.meta.dirname, 'OldServer.java'), ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const [line] = await Promise.race([
    createInterface(child.stdout)
      [Symbol.asyncIterator]()
      .next()
      .then(({ value }) => [value] as const),
    ended.then(() => [undefined] as const),
  ]);
  const port = Number(line);
  if (!(port > 0)) throw new Error('the Java server did not start\n  hint: it needs a JDK of 17 or later');
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
    },
  };
}

async function byOurs(port: number): Promise<Timed> {
  const facts = tls.facts.parse({ host: 'localhost', port });
  const signal = AbortSignal.timeout(patience);
  const server = await tls.open(facts, {
    touch: 'nothing',
    signal,
    secret: () => {},
    root: import.meta.dirname,
  });
  const start = performance.now();
  const found: [Protocol, readonly string[]][] = [];
  for (const protocol of protocols) {
    const { suites, blind } = await server.offer(protocol);
    if (blind !== null) throw new Error(`${protocol}: ${blind}`);
    found.push([protocol, suites]);
  }
  const seconds = (performance.now() - start) / 1000;
  await server.close();
  return { findings: sorted(found), seconds };
}

const prefixes: Readonly<Record<Protocol, string>> = {
  SSLv2: 'cipher-ssl2_x',
  SSLv3: 'cipher-ssl3_x',
  'TLS 1.0': 'cipher-tls1_x',
  'TLS 1.1': 'cipher-tls1_1_x',
  'TLS 1.2': 'cipher-tls1_2_x',
  'TLS 1.3': 'cipher-tls1_3_x',
};

const findings = z.array(z.object({ id: z.string() }));

/** Its exit status counts findings, so that the file is what says whether it ran. */
async function byTestssl(port: number, file: string): Promise<Timed> {
  const argv = [
    '--quiet',
    '--color',
    '0',
    '--warnings',
    'off',
    '--ip',
    'one',
    '--cipher-per-proto',
    '--jsonfile',
    file,
  ];
  const start = performance.now();
  await run('testssl', [...argv, `localhost:${port}`], { timeout: patience, maxBuffer: 1 << 24 }).catch(
    () => {},
  );
  const seconds = (performance.now() - start) / 1000;
  const ids = findings.parse(JSON.parse(await readFile(file, 'utf8'))).map(({ id }) => id);
  if (!ids.includes('scanTime')) throw new Error('testssl.sh did not finish');
  const found = protocols.map((protocol): [Protocol, readonly string[]] => {
    const prefix = prefixes[protocol];
    const own = ids.filter((id) => id.startsWith(prefix));
    return [protocol, own.map((id) => suiteName(Number.parseInt(id.slice(prefix.length), 16)))];
  });
  return { findings: sorted(found), seconds };
}

function sorted(found: readonly (readonly [string, readonly string[]])[]): Findings {
  return Object.fromEntries(found.map(([protocol, suites]) => [protocol, [...suites].sort()]));
}

function summary({ findings }: Timed): string {
  return Object.entries(findings)
    .map(([protocol, suites]) => `${protocol}: ${suites.length}`)
    .join(', ');
}
