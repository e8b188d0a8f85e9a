import { resolve } from 'node:path';
import { withServer } from '../../backup/restore/admin.ts';
import { besideName } from '../../backup/restore/names.ts';
import { readServer } from '../../backup/restore/preflight.ts';
import { restoreTable, type TableName, type TableRestored } from '../../backup/restore-table.ts';
import { type FileRestored, restoreToFile } from '../../backup/restore-to-file.ts';
import { findTools } from '../../backup/tools.ts';
import { SuretyError } from '../../core/error.ts';
import { quoted } from '../../targets/postgres/name.ts';
import { openEstateLog } from '../estate-log.ts';
import { confirm } from './confirm.ts';
import { describe } from './describe.ts';
import { begunRestore, noted } from './record.ts';
import { type Choice, identityIn, type Options, type Situation, serverIn } from './situation.ts';
import { hostOf } from './whole.ts';

/** The rows of one table, into a new database beside the live one. */
export async function restoreOneTable(
  situation: Situation,
  { set, store }: Choice,
  options: Options,
  table: TableName,
): Promise<TableRestored> {
  const { terminal, facts, database, redactor, estate } = situation;
  const { now, signal, err } = terminal;
  const identity = identityIn(situation);
  const server = await serverIn(situation, options);
  const state = await withServer(server, signal, readServer);
  const tools = await findTools(facts.tools, state.major, terminal.env);
  const beside = options.into ?? besideName(database, 'table', now());
  const steps = [
    'every byte is held against the signed manifest, before the server gets any of it',
    `the rows of ${table.schema}.${table.name} go into the new database ${beside}, which only superusers may enter`,
    `${database} is not touched: its policies, triggers and keys would work on rows of another time`,
  ];
  err(describe({ set, now: now(), where: hostOf(server), steps }));
  await confirm(`this makes the database ${beside} beside ${database}`, database, options.yesIMean, terminal);
  const log = await openEstateLog(estate, terminal);
  const begun = begunRestore(situation, state, {
    action: 'apply',
    what: set.backup,
    steps: [`create database ${quoted(beside)}`],
    manual: `drop database ${quoted(beside)}`,
  });
  try {
    return await noted(begun, log, situation, () =>
      restoreTable(
        {
          ...{ set, store, identity, tools, now, signal },
          server: server.url,
          ca: server.ca,
          database: beside,
          secret: redactor.secret,
          step: (text) => err(`${text}\n`),
        },
        table,
      ),
    );
  } finally {
    await log.close();
  }
}

/** `public.accounts`; names with dots in them in double quotes. */
export function readTable(text: string): TableName {
  const [, schema, name] = /^("(?:[^"]|"")+"|[^".]+)\.("(?:[^"]|"")+"|[^".]+)$/.exec(text) ?? [];
  if (schema === undefined || name === undefined)
    throw new SuretyError('usage/no-table', `${text} does not name a table`, '--table public.accounts');
  return { schema: unquoted(schema), name: unquoted(name) };
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

/** A folder of plain files that PostgreSQL's own programs read. */
export async function restoreFiles(
  situation: Situation,
  { set, store }: Choice,
  to: string,
): Promise<FileRestored> {
  const { terminal } = situation;
  terminal.err(
    'what is written is plaintext: everything that the database holds, for whoever reads the files\n',
  );
  return restoreToFile({
    ...{ set, store },
    identity: identityIn(situation),
    path: resolve(terminal.cwd, to),
    signal: terminal.signal,
    step: (text) => terminal.err(`${text}\n`),
  });
}
