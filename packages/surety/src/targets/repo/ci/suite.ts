import type { RepoPath } from '../name.ts';

/** Where a suite asks: in SQL, over HTTP, or through a browser. */
export const levels = ['SQL', 'HTTP', 'browser'] as const;
export type Level = (typeof levels)[number];

/** A file of tests that two tenants do not see each other. */
export type Suite = {
  readonly path: RepoPath;
  readonly levels: readonly Level[];
  /** How many tests or groups are marked so that they do not run, or that others do not. */
  readonly skipped: number;
  /** The same, where it hangs on a condition. */
  readonly skippedSometimes: number;
  readonly asserts: boolean;
  /** It asks the database whether row security binds the role of the tests. */
  readonly checksItsRole: boolean;
};

export function isTestFile(path: RepoPath): boolean {
  return /\.(?:spec|test|cy|e2e|e2e-spec)\.[cm]?[jt]sx?$/.test(path) && !/(^|\/)node_modules\//.test(path);
}

const vocabulary =
  /isolat|(?:cross|other|another|between|foreign)[\s_-]*(?:tenant|user|space|org|account|customer|workspace)|multi-?tenan|row-?level|\brls\b|tenant-?(?:leak|bound)|(?:user|tenant) [ab]\b/i;

/**
 * The suite in a test file, told by its name and by the titles of its tests, or declared. `null` where it is about
 * something else.
 *
 * @param nearby texts of the modules of the repository that it imports
 * @param declared levels that the estate says it has
 */
export function readSuite(
  path: RepoPath,
  text: string,
  nearby: readonly string[],
  declared: readonly Level[],
): Suite | null {
  const code = withoutComments(text);
  const titles = [...code.matchAll(title)].map(([, , words]) => words ?? '');
  const about =
    vocabulary.test(path.slice(path.lastIndexOf('/') + 1)) || titles.some((words) => vocabulary.test(words));
  if (declared.length === 0 && (!about || titles.length === 0)) return null;
  const around = [code, ...nearby.map(withoutComments)].join('\n');
  const seen = levels.filter((level) => (level === 'SQL' ? marks.SQL.test(code) : marks[level].test(around)));
  const found = declared.length > 0 ? declared : seen.includes('browser') ? (['browser'] as const) : seen;
  if (found.length === 0) return null;
  const bare = withoutStrings(code);
  return {
    path,
    levels: found,
    skipped: count(bare, never),
    skippedSometimes: count(bare, sometimes),
    asserts: /\b(?:assert|expect|should|t\.(?:assert|is|deepEqual|equal))\b/.test(bare),
    checksItsRole: /\b(?:rolbypassrls|rolsuper|row_security_active|is_superuser)\b/.test(around),
  };
}

const marks: Readonly<Record<Level, RegExp>> = {
  SQL: /set_config\s*\(|\bset\s+(?:local\s+)?[\w.]*(?:tenant|user|org|space)[\w.]*\s*=|current_setting\s*\(|\bset\s+(?:local\s+)?role\b/i,
  HTTP: /\bfetch\s*\(|supertest|\.inject\s*\(|\baxios\b|\bundici\b|node:https?['"]|\bBearer\b|\bgot\s*\(|request\(app/,
  browser: /playwright|puppeteer|cypress|\bcy\.|selenium|testcafe|webdriverio/i,
};

const call = String.raw`\b(?:describe|suite|context|it|test)`;
const title = new RegExp(`${call}(?:\\.\\w+)*\\s*\\(\\s*(['"\`])((?:\\\\.|(?!\\1)[^\\\\])*)\\1`, 'g');
const never = new RegExp(
  `${call}\\.(?:skip|todo|fixme|only)\\b|\\b(?:xit|xtest|xdescribe|fit|fdescribe|ftest)\\s*\\(|\\b(?:skip|todo|only)\\s*:\\s*(?:true|"|'|\`)|\\bt\\.(?:skip|todo)\\s*\\(`,
  'g',
);
const sometimes = new RegExp(
  `${call}\\.(?:skipIf|runIf)\\b|\\b(?:skip|todo)\\s*:\\s*(?!true\\b|false\\b|undefined\\b|"|'|\`)|\\bthis\\.skip\\s*\\(`,
  'g',
);

function count(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}

const quotedOrComment =
  /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

function withoutComments(text: string): string {
  return text.replace(quotedOrComment, (_, quoted: string | undefined) => quoted ?? ' ');
}

/** Quotes stay, so that it still shows where a string was. */
function withoutStrings(text: string): string {
  return text.replace(quotedOrComment, (_, quoted: string | undefined) =>
    quoted === undefined ? ' ' : `${quoted.charAt(0)}${quoted.charAt(0)}`,
  );
}

/** Paths of the modules of its own that a text imports, as they are written: `../running-estate.ts`. */
export function ownImports(text: string): readonly string[] {
  const found = withoutComments(text).matchAll(/(?:from|import|require)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g);
  return [...found].map(([, path]) => path ?? '');
}
