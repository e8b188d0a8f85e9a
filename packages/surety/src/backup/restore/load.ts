import { SuretyError } from '../../core/error.ts';
import { connectedDatabase, finish, runTool } from '../child.ts';
import type { Tool } from '../tools.ts';
import { loadingUrl, type Server } from './admin.ts';
import type { OpenPart } from './parts.ts';

export type Loader = {
  readonly pgRestore: Tool;
  readonly server: Server;
  readonly database: string;
  readonly signal: AbortSignal;
};

/** Where an archive comes from: through a pipe, or from memory, where several jobs can read it. */
export type Archive = { readonly part: OpenPart } | { readonly file: string };

export type LoadOptions = {
  readonly sections: readonly ('pre-data' | 'data' | 'post-data')[];
  /** Only what these list: `--schema`, `--table`; `--no-owner`. */
  readonly only?: readonly string[];
  readonly jobs?: number;
};

/**
 * Has `pg_restore` run an archive against the new database; it stops at the first error. Tablespaces are left out: they are of
 * the machine.
 *
 * @throws {SuretyError} `restore/refused`, what the archive's source threw
 */
export async function load(archive: Archive, loader: Loader, options: LoadOptions): Promise<void> {
  const { sections, only = [], jobs = 1 } = options;
  const url = loadingUrl(loader.server, loader.database);
  const args = [
    '--exit-on-error',
    '--no-password',
    '--no-tablespaces',
    '-d',
    connectedDatabase(url),
    ...sections.map((section) => `--section=${section}`),
    // A materialized view is filled as its owner, whom forced policies bind: by them, as at the source, and not refused for them.
    ...(sections.includes('post-data') ? ['--enable-row-security'] : []),
    ...only,
    ...('file' in archive ? [`--jobs=${jobs}`, archive.file] : []),
  ];
  const { server, signal } = loader;
  try {
    await finish(
      runTool(loader.pgRestore, args, {
        url,
        ca: server.ca,
        signal,
        ...('part' in archive && { stdin: archive.part.plain }),
      }),
    );
    if ('part' in archive) await archive.part.finish();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SuretyError && error.code.startsWith('tool/'))
      throw new SuretyError(
        'restore/refused',
        `the server did not take ${sections.join(' and ')}: ${error.message}`,
        'mend what it names on the server, then run it again; the backup itself is whole',
        { cause: error },
      );
    throw error;
  }
}

/** What an archive says that it holds, one line for each entry. */
export async function contents(
  archive: Archive,
  { pgRestore, server, signal }: Pick<Loader, 'pgRestore' | 'server' | 'signal'>,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  const args = ['--list', ...('file' in archive ? [archive.file] : [])];
  const run = runTool(pgRestore, args, {
    url: server.url,
    signal,
    ...('part' in archive && { stdin: archive.part.plain }),
  });
  for await (const chunk of run.stdout) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
