import { randomBytes } from 'node:crypto';
import type { Judgement } from '@surety/evidence';
import type { Control } from '../../core/control.ts';
import { prove } from '../../core/prove.ts';
import type { TenancyFacts } from '../../targets/postgres/facts.ts';
import postgres from '../../targets/postgres/target.ts';
import { type Admin, withAdmin } from '../restore/admin.ts';
import type { Step } from './ladder.ts';

/** How the copy is attacked: by what proves production, as whom, and how tenants are told apart there. */
export type Isolation = {
  readonly control: Control;
  /** The role of the API. */
  readonly as: string;
  readonly tenancy: TenancyFacts;
};

export type Copy = {
  /** Of a superuser. */
  readonly server: string;
  readonly database: string;
  readonly root: string;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly secret: (value: string) => void;
};

/** Attacks a restored copy as the role of the API: the same acts that prove production. */
export async function attackCopy({ control, as, tenancy }: Isolation, copy: Copy): Promise<Step<true>> {
  const access = await withAdmin({ url: copy.server }, copy.database, copy.signal, (admin) =>
    letIn(admin, as, copy),
  );
  if (access === null) return { result: 'fail', fact: `role ${as} is not in the copy` };
  const proof = await prove(
    control,
    {
      name: 'drill',
      environment: 'drill',
      targets: {
        db: {
          name: 'drill',
          kind: 'postgres',
          environment: 'drill',
          standIn: false,
          facts: postgres.facts.parse({ ...access, tenancy }),
          hosts: [],
        },
      },
    },
    {
      kinds: new Map([['postgres', { ...postgres, open: openPostgres }]]),
      root: copy.root,
      now: copy.now,
      after: (milliseconds, callback) => {
        const timer = setTimeout(callback, milliseconds);
        return () => clearTimeout(timer);
      },
      signal: copy.signal,
      redact: (observations) => ({ observations, count: 0 }),
      redactText: (text) => text,
      secret: copy.secret,
      attestation: async () => null,
      excepted: () => new Set(),
    },
  );
  copy.signal.throwIfAborted();
  return stepOf(proof.judgement, as);
}

const openPostgres: (
  facts: unknown,
  context: Parameters<typeof postgres.open>[1],
) => ReturnType<typeof postgres.open> = (facts, context) =>
  postgres.open(postgres.facts.parse(facts), context);

/** Gives the role a password of its own and makes an inspector, both only here. `null`: there is no such role. */
async function letIn(
  admin: Admin,
  as: string,
  { server, database, secret }: Copy,
): Promise<{ readonly url: string; readonly inspector: string } | null> {
  const [role] = await admin.rows('select from pg_catalog.pg_roles where rolname = $1', [as]);
  if (role === undefined) return null;
  const newPassword = (): string => {
    const password = randomBytes(18).toString('base64url');
    secret(password);
    return password;
  };
  const passwords = { api: newPassword(), inspector: newPassword() };
  await admin.rows(
    `alter role ${admin.name(as)} login password ${admin.text(passwords.api)} valid until 'infinity' connection limit -1`,
  );
  const inspector = `surety_inspector_${randomBytes(4).toString('hex')}`;
  await admin.rows(`create role ${inspector} login bypassrls password ${admin.text(passwords.inspector)}`);
  await admin.rows(`grant connect on database ${admin.name(database)} to ${inspector}`);
  const [predefined] = await admin.rows(`select from pg_catalog.pg_roles where rolname = 'pg_read_all_data'`);
  // Up to 13 there is no role that reads all and is no superuser.
  await admin.rows(
    predefined === undefined ? `alter role ${inspector} superuser` : `grant pg_read_all_data to ${inspector}`,
  );
  const urlOf = (user: string, password: string): string => {
    const url = new URL(server);
    url.username = encodeURIComponent(user);
    url.password = password;
    url.pathname = `/${encodeURIComponent(database)}`;
    return url.href;
  };
  return { url: urlOf(as, passwords.api), inspector: urlOf(inspector, passwords.inspector) };
}

const named = 3;

function stepOf({ verdict, judged }: Judgement, as: string): Step<true> {
  const subjects = (bearing: 'breaks' | 'blind'): string => {
    const found = judged.filter((one) => one.bearing === bearing);
    const said = found.slice(0, named).map(({ observation, got }) => `${observation.subject} (${got})`);
    return `${said.join('; ')}${found.length > named ? ` and ${found.length - named} more` : ''}`;
  };
  if (verdict === 'fail') return { result: 'fail', fact: subjects('breaks') };
  if (verdict !== 'pass')
    return { result: 'not-run', fact: subjects('blind') || 'there was nothing to attack' };
  const refused = judged.filter(({ observation }) => observation.check === 'refused').length;
  return {
    result: 'pass',
    fact: `${refused} attacks as ${as} refused, beside as many of the owners`,
    value: true,
  };
}
