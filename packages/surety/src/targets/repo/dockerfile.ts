import { type Dockerfile as Ast, type Instruction as AstInstruction, DockerfileParser } from 'dockerfile-ast';
import { baseOf, type RepoPath } from './name.ts';

export type Instruction = {
  /** In capitals. */
  readonly keyword: string;
  /** Continued lines joined, comments between them and flags left out. */
  readonly args: string;
  readonly flags: readonly { readonly name: string; readonly value: string }[];
  /** Offsets in the text, in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  readonly argsStart: number;
  readonly argsEnd: number;
};

export type Stage = {
  readonly index: number;
  /** As written after AS; `null` where it has none. */
  readonly name: string | null;
  /** What stands after FROM, variables not filled in. */
  readonly base: string;
  readonly from: Instruction;
  readonly instructions: readonly Instruction[];
};

export type Dockerfile = {
  readonly text: string;
  readonly escape: string;
  readonly newline: '\n' | '\r\n';
  /** ARG instructions before the first stage. */
  readonly globals: readonly Instruction[];
  readonly stages: readonly Stage[];
};

const keywords = new Set(
  'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR'.split(
    ' ',
  ),
);

const sources = /\.(?:[cm]?[jt]sx?|md|mdx|go|py|rs|rb|java|json|txt|snap)$/i;

/** Whether a file is one that builds take for a Dockerfile, by its name. */
export function isDockerfile(path: RepoPath): boolean {
  const base = baseOf(path);
  if (/\.(?:dockerignore|containerignore|md)$/i.test(base)) return false;
  if (/^(?:Docker|Container)file(?:[._-].*)?$/.test(base)) return true;
  return (
    /^(?:docker|container)file(?:[._-].*)?$|\.(?:docker|container)file$/i.test(base) && !sources.test(base)
  );
}

/** @returns why it cannot be judged, where it is not a Dockerfile that this reading is sure of. */
export function readDockerfile(text: string): Dockerfile | { readonly trouble: string } {
  const trouble = doubtful(text);
  if (trouble !== null) return { trouble };
  const ast = DockerfileParser.parse(text);
  const offset = offsets(text);
  const instructions = ast.getInstructions().map((instruction) => read(instruction, offset));
  const odd = instructions.find(({ keyword }) => !keywords.has(keyword));
  if (odd) return { trouble: `${odd.keyword.slice(0, 40)} is not an instruction` };
  // Builds know heredocs with a file descriptor before them, the parser does not.
  if (
    instructions.some(
      ({ keyword, args }) => ['RUN', 'COPY', 'ADD'].includes(keyword) && /(?:^|\s)\d+<</.test(args),
    )
  )
    return { trouble: 'a heredoc with a file descriptor is not read' };
  const stages = instructions.flatMap((instruction, at): readonly Stage[] => {
    if (instruction.keyword !== 'FROM') return [];
    const after = instructions.slice(at + 1);
    const next = after.findIndex(({ keyword }) => keyword === 'FROM');
    const [base = '', as, name] = instruction.args.split(/\s+/);
    return [
      {
        index: instructions.slice(0, at).filter(({ keyword }) => keyword === 'FROM').length,
        name: as?.toUpperCase() === 'AS' && name !== undefined ? name : null,
        base,
        from: instruction,
        instructions: next === -1 ? after : after.slice(0, next),
      },
    ];
  });
  if (stages.length === 0) return { trouble: 'it has no FROM' };
  const first = instructions.findIndex(({ keyword }) => keyword === 'FROM');
  return {
    text,
    escape: escapeOf(ast),
    newline: text.includes('\r\n') ? '\r\n' : '\n',
    globals: instructions.slice(0, first),
    stages,
  };
}

function doubtful(text: string): string | null {
  if (text.includes('\0')) return 'it is not text';
  if (/\r(?!\n)/.test(text)) return 'it has carriage returns within lines';
  const syntax = /^(?:\ufeff)?(?:[ \t]*#[^\n]*\n)*?[ \t]*#[ \t]*syntax[ \t]*=[ \t]*(\S+)/i.exec(text)?.[1];
  if (syntax !== undefined && !/^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?:[:@]|$)/.test(syntax))
    return `its syntax is that of ${syntax}, which is not known here`;
  return null;
}

function read(instruction: AstInstruction, offset: (line: number, character: number) => number): Instruction {
  const range = instruction.getRange();
  const args = instruction.getArgumentsRange() ?? { start: range.end, end: range.end };
  return {
    keyword: instruction.getKeyword(),
    args: instruction.getArgumentsContent() ?? '',
    flags:
      'getFlags' in instruction && typeof instruction.getFlags === 'function'
        ? flagsOf(instruction.getFlags())
        : [],
    start: offset(range.start.line, range.start.character),
    end: offset(range.end.line, range.end.character),
    argsStart: offset(args.start.line, args.start.character),
    argsEnd: offset(args.end.line, args.end.character),
  };
}

function flagsOf(flags: readonly { getName(): string; getValue(): string | null }[]): Instruction['flags'] {
  return flags.map((flag) => ({ name: flag.getName(), value: flag.getValue() ?? '' }));
}

function escapeOf(ast: Ast): string {
  return ast.getEscapeCharacter();
}

function offsets(text: string): (line: number, character: number) => number {
  const starts = [0];
  for (const { index } of text.matchAll(/\n/g)) starts.push(index + 1);
  return (line, character) => (starts[line] ?? text.length) + character;
}
