import type { Build } from './build.ts';
import { type Dockerfile, readDockerfile, type Stage } from './dockerfile.ts';
import { endOf } from './stage-user.ts';

/** Largest user id that container runtimes take. */
const maxId = 2_147_483_647;

/**
 * Whether `1001`, `1001:1001`, `1001:root` and the like name a user by a number other than 0. A group of 0
 * is let pass: without privileges it opens what group root may read, and a number alone ends up in it too.
 */
export function isNumericNonRoot(user: string): boolean {
  const [id = ''] = user.split(':');
  return /^[0-9]{1,10}$/.test(id) && Number(id) > 0 && Number(id) <= maxId;
}

/** Users of well-known base images, by the numbers that these images give them. */
const known: readonly { readonly image: RegExp; readonly name: string; readonly id: string }[] = [
  { image: /(?:^|\/)node(?:[:@]|$)/, name: 'node', id: '1000' },
  { image: /^gcr\.io\/distroless\//, name: 'nonroot', id: '65532' },
];

/**
 * The Dockerfile with a numeric user at the end of each stage that is built and has none.
 *
 * @returns `null` where that does not come out, so that a person has to look.
 */
export function withNumericUser(
  text: string,
  builds: readonly Pick<Build, 'stage' | 'args'>[],
): string | null {
  let edited = text;
  for (const { stage, args } of builds) {
    const file = readDockerfile(edited);
    if ('trouble' in file) return null;
    const now = stageAt(file, stage);
    if (now === null) return null;
    const { user } = endOf(file, now, args);
    if (user.kind === 'unknown') continue;
    if (user.kind === 'set' && isNumericNonRoot(user.user)) continue;
    edited = setUser(file, now, user.kind === 'set' ? numberOf(file, now, user.user) : '10001:10001');
    if (!endsNumeric(edited, stage, args)) return null;
  }
  return edited;
}

function endsNumeric(text: string, stage: Stage, args: Build['args']): boolean {
  const file = readDockerfile(text);
  if ('trouble' in file) return false;
  const now = stageAt(file, stage);
  const user = now === null ? null : endOf(file, now, args).user;
  return user?.kind === 'set' && isNumericNonRoot(user.user);
}

function stageAt(file: Dockerfile, { index }: Stage): Stage | null {
  return file.stages[index] ?? null;
}

/** The number that a name stands for, where the Dockerfile or a well-known image says so. */
function numberOf(file: Dockerfile, stage: Stage, user: string): string {
  const [name = ''] = user.split(/[:\s]/);
  const runs = file.stages.flatMap(({ instructions }) =>
    instructions.filter(({ keyword }) => keyword === 'RUN'),
  );
  for (const { args } of runs)
    for (const command of args.split(/&&|;|\|/)) {
      const made =
        /\b(?:useradd|adduser)\b/.test(command) && new RegExp(`\\s${escaped(name)}\\s*$`).test(command);
      const id = made ? /\s(?:-u|--uid)[ =]?([1-9][0-9]{0,8})\b/.exec(command)?.[1] : undefined;
      if (id !== undefined) return id;
    }
  const bottom = bottomOf(file, stage);
  const id = known.find((one) => one.name === name && one.image.test(bottom))?.id;
  return id ?? '10001:10001';
}

function bottomOf(file: Dockerfile, { base, index }: Stage): string {
  const parent = file.stages
    .slice(0, index)
    .findLast(({ name }) => name?.toLowerCase() === base.toLowerCase());
  return parent === undefined ? base : bottomOf(file, parent);
}

/** Changes the last USER where no work follows it; else adds one before what the container starts. */
function setUser({ text, newline }: Dockerfile, stage: Stage, user: string): string {
  const last = (...keywords: readonly string[]) =>
    stage.instructions.findLastIndex(({ keyword }) => keywords.includes(keyword));
  const work = last('RUN', 'COPY', 'ADD', 'WORKDIR');
  const current = stage.instructions[last('USER')];
  if (current && last('USER') > work) return splice(text, current.argsStart, current.argsEnd, user);
  const start = stage.instructions
    .slice(work + 1)
    .find(({ keyword }) => /^(?:CMD|ENTRYPOINT)$/.test(keyword));
  if (start) return splice(text, start.start, start.start, `USER ${user}${newline}`);
  const end = (stage.instructions.at(-1) ?? stage.from).end;
  return splice(text, end, end, `${newline}USER ${user}`);
}

function splice(text: string, start: number, end: number, insert: string): string {
  return text.slice(0, start) + insert + text.slice(end);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
