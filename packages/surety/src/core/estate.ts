import { z } from 'zod';
import type { Kind, OpenableKind } from './target.ts';
import { type Problem, problemsError, type ReadValue, resolveValues, type Values } from './values.ts';

/** What `surety.config.ts` exports by default: a function, so that it needs nothing of ours at run time. */
export type SuretyConfig = (values: Values) => EstateDeclaration;

/** An estate as its owner writes it. Facts are those of the kind; strings may be `env()`, `file()` or `command()`. */
export type EstateDeclaration = {
  readonly name: string;
  /** Of every target that does not say its own: `production`, `staging`, `demo`. */
  readonly environment: string;
  readonly targets: {
    readonly [name: string]: {
      readonly kind: Kind;
      readonly environment?: string;
      /** It stands for the real thing (a local copy, a service that speaks the protocol). Recorded with every proof. */
      readonly standIn?: boolean;
      readonly [fact: string]: unknown;
    };
  };
  /** Who may attest, own and approve, by name, with their SSH public keys. */
  readonly people?: { readonly [name: string]: { readonly name: string; readonly key: string } };
  /** Which frameworks to report on. Default: all. */
  readonly frameworks?: readonly string[];
  /** Who allows attacks on what is not on loopback, and until when. RFC 3339 date. */
  readonly authorised?: { readonly by: string; readonly until: string };
  /** Name of this log's writer. Default: `ci` where the environment says CI, else the host's name. */
  readonly writer?: string;
};

export type EstateTarget = {
  readonly name: string;
  readonly kind: Kind;
  readonly environment: string;
  readonly standIn: boolean;
  /** Valid for the kind. */
  readonly facts: unknown;
  readonly hosts: readonly string[];
};

export type Person = { readonly id: string; readonly name: string; readonly key: string };

/** The targets of one system by name, the people, and the facts that cannot be discovered. */
export type Estate = {
  readonly name: string;
  /** Folder that relative paths start from. */
  readonly root: string;
  readonly targets: readonly EstateTarget[];
  readonly people: readonly Person[];
  readonly frameworks: readonly string[];
  readonly authorised: { readonly by: string; readonly until: Date } | null;
  readonly writer: string | null;
};

export type Kinds = ReadonlyMap<string, OpenableKind>;

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and dashes, please');

const declaration = z.strictObject({
  name,
  environment: name,
  targets: z.record(
    name,
    z.looseObject({ kind: z.string(), environment: name.optional(), standIn: z.boolean().optional() }),
  ),
  people: z
    .record(
      name,
      z.strictObject({
        name: z.string().min(1),
        key: z
          .string()
          .regex(
            /^(ssh-ed25519|ecdsa-sha2-\S+|ssh-rsa|sk-\S+) [A-Za-z0-9+/=]+/,
            'an SSH public key, as in ~/.ssh/id_ed25519.pub',
          ),
      }),
    )
    .optional(),
  frameworks: z.array(z.string()).optional(),
  authorised: z.strictObject({ by: z.string().min(1), until: z.iso.date().or(z.iso.datetime()) }).optional(),
  writer: name.optional(),
});

/**
 * Reads values and checks every key.
 *
 * @param source.declared what the file exported, not yet trusted
 * @throws {SuretyError} `estate/invalid`, naming each key, what is wrong with it and the fix
 */
export async function makeEstate(
  source: { readonly file: string; readonly root: string; readonly declared: unknown },
  kinds: Kinds,
  read: ReadValue,
  learn: (secret: string) => void,
): Promise<Estate> {
  const problems: Problem[] = [];
  const resolved = await resolveValues(source.declared, '', read, learn, problems);
  const parsed = declaration.safeParse(resolved);
  if (!parsed.success) problems.push(...parsed.error.issues.map((issue) => fromIssue(issue, '')));
  if (!parsed.success || problems.length > 0) throw problemsError(source.file, withoutEchoes(problems));
  const { data } = parsed;
  const targets = Object.entries(data.targets).flatMap(([targetName, entry]) =>
    makeTarget(targetName, entry, data.environment, kinds, problems),
  );
  if (problems.length > 0) throw problemsError(source.file, problems);
  return {
    name: data.name,
    root: source.root,
    targets,
    people: Object.entries(data.people ?? {}).map(([id, person]) => ({ id, ...person })),
    frameworks: data.frameworks ?? [],
    authorised: data.authorised ? { by: data.authorised.by, until: new Date(data.authorised.until) } : null,
    writer: data.writer ?? null,
  };
}

function makeTarget(
  targetName: string,
  entry: { kind: string; environment?: string | undefined; standIn?: boolean | undefined },
  defaultEnvironment: string,
  kinds: Kinds,
  problems: Problem[],
): readonly EstateTarget[] {
  const { kind: kindName, environment = defaultEnvironment, standIn = false, ...facts } = entry;
  const key = `targets.${targetName}`;
  const kind = kinds.get(kindName);
  if (kind === undefined) {
    problems.push({
      key: `${key}.kind`,
      fact: `there is no kind ${JSON.stringify(kindName)}`,
      hint: `one of: ${[...kinds.keys()].join(', ')}`,
    });
    return [];
  }
  const parsed = kind.facts.safeParse(facts);
  if (!parsed.success) {
    problems.push(...parsed.error.issues.map((issue) => fromIssue(issue, key)));
    return [];
  }
  return [
    {
      name: targetName,
      kind: kind.kind,
      environment,
      standIn,
      facts: parsed.data,
      hosts: kind.hosts(parsed.data),
    },
  ];
}

function fromIssue(issue: z.core.$ZodIssue, prefix: string): Problem {
  const path = issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('');
  const key = `${prefix}${path}`.replace(/^\./, '');
  if (issue.code === 'unrecognized_keys') {
    return {
      key: key || 'the estate',
      fact: `unknown key ${issue.keys.join(', ')}`,
      hint: 'remove it, or look for a typing error',
    };
  }
  return {
    key: key || 'the estate',
    fact: issue.message.replace(/^Invalid input: /, ''),
    hint: 'give it a value of that form',
  };
}

/** A value that could not be read fails the schema as well; the first fact is the useful one. */
function withoutEchoes(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter(({ key }, index) => problems.findIndex((other) => other.key === key) === index);
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\]|::ffff:127(\.\d{1,3}){3})$/i;

/** The hosts of a target that are not on this machine. */
export function remoteHosts(target: EstateTarget): readonly string[] {
  return target.hosts.filter((host) => !loopback.test(host) && !host.startsWith('/'));
}
