import type { Dockerfile, Instruction, Stage } from './dockerfile.ts';
import { expand, type Known, noDefault, splitWords } from './shell-word.ts';

/** Values that a build gives to ARG instructions; `null`: given from outside, not known. */
export type BuildArgs = ReadonlyMap<string, string | null>;

export type StageUser =
  /** The last USER, filled in. */
  | { readonly kind: 'set'; readonly user: string; readonly onbuild: boolean }
  | { readonly kind: 'unknown'; readonly why: string }
  /** No USER anywhere: the base image decides. */
  | { readonly kind: 'none'; readonly base: string };

export type StageEnd = {
  readonly user: StageUser;
  /** The program that a container starts first, where CMD or ENTRYPOINT says; `null` where neither does. */
  readonly program: string | null;
};

/** What a stage ends as: its own instructions on top of those of the stages that it stands on. */
export function endOf(file: Dockerfile, stage: Stage, given: BuildArgs = new Map()): StageEnd {
  const globals = applyAll(file, emptyState('scratch'), file.globals, given, new Map());
  const state = stateOf(file, stage, given, globals.args);
  return { user: state.user, program: firstWord(state.entrypoint ?? state.command) };
}

/** The stage that a build makes: the last, or the one of that name or number. */
export function stageNamed(file: Dockerfile, target: string | null): Stage | null {
  if (target === null) return file.stages.at(-1) ?? null;
  const named = file.stages.findLast(({ name }) => name?.toLowerCase() === target.toLowerCase());
  return named ?? (/^\d+$/.test(target) ? (file.stages[Number(target)] ?? null) : null);
}

type Variables = ReadonlyMap<string, Known>;
type State = {
  readonly user: StageUser;
  readonly env: Variables;
  readonly args: Variables;
  /** The image at the bottom, which may set variables that are not seen here. */
  readonly image: string;
  readonly entrypoint: string | null;
  readonly command: string | null;
};

function emptyState(image: string): State {
  const user: StageUser = { kind: 'none', base: image };
  return { user, env: new Map(), args: new Map(), image, entrypoint: null, command: null };
}

function stateOf(file: Dockerfile, stage: Stage, given: BuildArgs, globals: Variables): State {
  const base = expand(stage.base, (name) => globals.get(name) ?? { value: '' }, file.escape);
  const image = base.unknown === null ? base.text : stage.base;
  const parent = file.stages
    .slice(0, stage.index)
    .findLast(({ name }) => name !== null && name.toLowerCase() === image.toLowerCase());
  if (parent === undefined) return applyAll(file, emptyState(image), stage.instructions, given, globals);
  const below = stateOf(file, parent, given, globals);
  const triggers = parent.instructions.filter(({ keyword }) => keyword === 'ONBUILD').map(triggerOf);
  const triggered = applyAll(file, below, triggers, given, globals);
  const user: StageUser =
    triggered.user.kind === 'set' && triggers.some(({ keyword }) => keyword === 'USER')
      ? { ...triggered.user, onbuild: true }
      : triggered.user;
  return applyAll(file, { ...triggered, user }, stage.instructions, given, globals);
}

function triggerOf(onbuild: Instruction): Instruction {
  const [, keyword = '', args = ''] = /^(\S+)\s*(.*)$/s.exec(onbuild.args) ?? [];
  return { ...onbuild, keyword: keyword.toUpperCase(), args };
}

function applyAll(
  file: Dockerfile,
  start: State,
  instructions: readonly Instruction[],
  given: BuildArgs,
  globals: Variables,
): State {
  return instructions.reduce(
    (state, instruction) => apply(file.escape, state, instruction, given, globals),
    start,
  );
}

function apply(
  escapeChar: string,
  state: State,
  { keyword, args }: Instruction,
  given: BuildArgs,
  globals: Variables,
): State {
  const lookup = (name: string): Known =>
    state.env.get(name) ?? state.args.get(name) ?? notSetHere(name, state.image);
  const fill = (word: string): Known => {
    const { text, unknown } = expand(word, lookup, escapeChar);
    return unknown === null ? { value: text } : { unknown };
  };
  switch (keyword) {
    case 'USER': {
      const { text, unknown } = expand(args.trim(), lookup, escapeChar);
      // What the group is does not matter here.
      const known = unknown === null || text.includes(':');
      return {
        ...state,
        user: known ? { kind: 'set', user: text, onbuild: false } : { kind: 'unknown', why: unknown },
      };
    }
    case 'ENV':
      return {
        ...state,
        env: new Map([...state.env, ...pairs(args, escapeChar).map(([k, v]) => [k, fill(v)] as const)]),
      };
    case 'ARG': {
      const declared = splitWords(args, escapeChar).map((word): readonly [string, Known] => {
        const [, name = word, value] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
        return [name, argument(name, value === undefined ? undefined : fill(value), given, globals)];
      });
      return { ...state, args: new Map([...state.args, ...declared]) };
    }
    // A new entrypoint forgets the command of the stage below, a new command does not forget the entrypoint.
    case 'ENTRYPOINT':
      return { ...state, entrypoint: args.trim(), command: null };
    case 'CMD':
      return { ...state, command: args.trim() };
    default:
      return state;
  }
}

function argument(name: string, value: Known | undefined, given: BuildArgs, globals: Variables): Known {
  const fromBuild = given.get(name);
  if (fromBuild === null) return { unknown: `${name} is given to the build from outside` };
  if (fromBuild !== undefined) return { value: fromBuild };
  return value ?? globals.get(name) ?? { unknown: `ARG ${name} ${noDefault}` };
}

function notSetHere(name: string, image: string): Known {
  return image === 'scratch' ? { value: '' } : { unknown: `${name} is not set here, perhaps in ${image}` };
}

/** `A=1 B=2`, or the old form `A some words`. */
function pairs(args: string, escapeChar: string): readonly (readonly [string, string])[] {
  const words = splitWords(args, escapeChar);
  const [first = ''] = words;
  if (!first.includes('=')) return [[first, args.trim().slice(first.length).trim()]];
  return words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const);
}

function firstWord(command: string | null): string | null {
  if (command === null) return null;
  if (command.startsWith('[')) {
    try {
      const words: unknown = JSON.parse(command);
      return Array.isArray(words) && typeof words[0] === 'string' ? words[0] : null;
    } catch {
      return command;
    }
  }
  return command.replace(/^exec\s+/, '').split(/\s/)[0] ?? null;
}
