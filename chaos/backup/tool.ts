import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { z } from 'zod';

const program = resolve(import.meta.dirname, '../../packages/surety/bin/surety.mjs');

/** What `surety backup --json` says, as far as it can be held to it. */
const document = z.looseObject({
  outcome: z.enum(['done', 'failed']),
  stores: z.array(z.looseObject({ store: z.string(), outcome: z.enum(['stored', 'failed']) })).default([]),
  code: z.string().optional(),
});

/** How one run of the tool ended. */
export type Said = {
  /** `null` where a signal ended it. */
  readonly exit: number | null;
  readonly document: z.infer<typeof document> | null;
  readonly text: string;
};

export type ToolRun = {
  readonly pid: number;
  isOver(): boolean;
  /** Milliseconds since it began. */
  age(): number;
  readonly ended: Promise<Said>;
};

/** Starts the tool as a person or a timer does, in the folder of an estate. */
export function startTool(estate: string, env: NodeJS.ProcessEnv): ToolRun {
  const began = performance.now();
  const child = spawn(process.execPath, [program, 'backup', '--json', '--scheduled'], {
    cwd: estate,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('the tool does not start');
  return {
    pid,
    isOver: () => child.exitCode !== null || child.signalCode !== null,
    age: () => performance.now() - began,
    ended: collect(child),
  };
}

async function collect(child: ChildProcess): Promise<Said> {
  const said = { out: '', err: '' };
  child.stdout?.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    said.err += chunk;
  });
  const [exit] = await once(child, 'close');
  return {
    exit: typeof exit === 'number' ? exit : null,
    document: read(said.out),
    text: `${said.out}\n${said.err}`,
  };
}

function read(out: string): Said['document'] {
  if (out.trim() === '') return null;
  try {
    return document.parse(JSON.parse(out));
  } catch {
    return null;
  }
}
