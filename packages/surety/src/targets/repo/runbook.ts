import { posix } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { folderOf, type RepoPath } from './name.ts';

/** What a page says that somebody can follow at night. */
export type Runbook = {
  /** Steps without an owner, by their first words; an owner named before the first step is that of every step. */
  readonly steps: number;
  readonly ownerless: readonly string[];
  readonly anchors: ReadonlySet<string>;
  readonly headings: readonly string[];
};

const noOwner = /^(?:|[-–—?]+|tbd|todo|n\/?a|none|unknown|nobody|somebody|someone|x+|<.*>|\[.*\])\.?$/i;

/** Reads a Markdown page: ordered lists and tables with a column for the owner are its steps. */
export function readRunbook(text: string): Runbook {
  const lines = visible(text);
  const headings = lines.flatMap((line) => /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1] ?? []);
  const firstStep = lines.findIndex((line) => orderedItem.test(line));
  const preface = firstStep === -1 ? lines : lines.slice(0, firstStep);
  const page = preface.map(ownerIn).find((owner) => owner !== null) ?? null;
  const steps = [...listSteps(lines), ...tableSteps(lines)];
  const covered = page !== null;
  return {
    steps: steps.length,
    ownerless: covered ? [] : steps.filter(({ owner }) => owner === null).map(({ title }) => title),
    anchors: new Set(headings.map(anchorOf)),
    headings,
  };
}

const orderedItem = /^\s{0,3}\d+[.)]\s+(.*)$/;

type Step = { readonly title: string; readonly owner: string | null };

/** Without fenced blocks and comments: what is shown as an example is no step. */
function visible(text: string): readonly string[] {
  let fence: string | null = null;
  return text
    .replace(/<!--.*?(?:-->|$)/gs, '')
    .split(/\r?\n/)
    .filter((line) => {
      const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1]?.slice(0, 3) ?? null;
      if (mark !== null && (fence === null || fence === mark)) {
        fence = fence === null ? mark : null;
        return false;
      }
      return fence === null;
    });
}

/** `owner: platform team` on a line of its own, also in front matter or bold. */
function ownerIn(line: string): string | null {
  const found = /^(?:[>*-]\s+)?(?:\*\*|__)?owners?(?:\*\*|__)?\s*:\s*(?:\*\*|__)?\s*(.*?)\s*$/i.exec(
    line,
  )?.[1];
  return found === undefined || noOwner.test(found) ? null : found;
}

/** `1. Do this (owner: on-call)`, `1. **On-call**: do this` and `1. @ops does this`. */
function listSteps(lines: readonly string[]): readonly Step[] {
  return lines.flatMap((line, index): readonly Step[] => {
    const text = orderedItem.exec(line)?.[1];
    if (text === undefined) return [];
    const rest = lines.slice(index + 1);
    const end = rest.findIndex((next) => /^\s{0,3}\d+[.)]\s|^#{1,6}\s/.test(next));
    const item = [text, ...(end === -1 ? rest : rest.slice(0, end))].join('\n');
    const named =
      /\(?\bowner\s*:\s*\**\s*([^),;\n]*)/i.exec(item)?.[1] ??
      /^(?:\*\*|__)([^*_]+?)(?::(?:\*\*|__)|(?:\*\*|__)\s*:)/.exec(text)?.[1] ??
      /(?:^|\s)(@[\w./-]+)/.exec(item)?.[1];
    const owner = named === undefined || noOwner.test(named.trim()) ? null : named.trim();
    return [{ title: text.slice(0, 60), owner }];
  });
}

/** Rows of tables that have a column `Owner`. */
function tableSteps(lines: readonly string[]): readonly Step[] {
  return lines.flatMap((line, index): readonly Step[] => {
    const column = cells(line).findIndex((cell) => /^owners?$/i.test(cell));
    if (column === -1 || !/^\s*\|?[\s:|-]+$/.test(lines[index + 1] ?? '')) return [];
    const rows = lines.slice(index + 2);
    const end = rows.findIndex((row) => !row.includes('|'));
    return (end === -1 ? rows : rows.slice(0, end)).map((row) => {
      const owner = cells(row)[column] ?? '';
      return {
        title: (cells(row).find((cell, at) => at !== column && cell !== '') ?? 'a row').slice(0, 60),
        owner: noOwner.test(owner) ? null : owner,
      };
    });
  });
}

function cells(line: string): readonly string[] {
  if (!line.includes('|')) return [];
  return line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());
}

/** As forges make anchors: small letters, no punctuation, hyphens for blanks. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

/** An alert of a Prometheus rule file and the page it sends people to; `null` where it names none. */
export type Alert = { readonly name: string; readonly runbook: string | null };

/** @returns why it cannot be judged, where it speaks of alerts and cannot be read. */
export function readAlerts(text: string): readonly Alert[] | { readonly trouble: string } {
  const documents = parseAllDocuments(text, { merge: true, uniqueKeys: false });
  if (!Array.isArray(documents)) return [];
  const found: Alert[] = [];
  for (const document of documents) {
    const [error] = document.errors;
    if (error) return { trouble: `not YAML: ${error.code}` };
    try {
      found.push(...alertsOf(document.toJS({ maxAliasCount: 100 })));
    } catch {
      return { trouble: 'its aliases go on and on' };
    }
  }
  return found;
}

/** Rule files have `groups` at the top, the operator's resources below `spec`. */
function alertsOf(content: unknown): readonly Alert[] {
  const groups = list(mapping(content).groups ?? mapping(mapping(content).spec).groups);
  return groups
    .flatMap((group) => list(mapping(group).rules))
    .flatMap((rule): readonly Alert[] => {
      const { alert, annotations } = mapping(rule);
      if (typeof alert !== 'string') return [];
      const { runbook_url, runbook } = mapping(annotations);
      const named = runbook_url ?? runbook;
      return [
        { name: alert, runbook: typeof named === 'string' && named.trim() !== '' ? named.trim() : null },
      ];
    });
}

/**
 * The page of this repository that a link leads to, from the file that holds it; `null` where it leads elsewhere.
 *
 * @param origin where the repository is hosted: `github.com/acme/budget`.
 */
export function pageOf(
  link: string,
  from: RepoPath,
  origin: string | null,
): { readonly path: RepoPath; readonly anchor: string | null } | null {
  const [target = '', anchor] = link.split('#');
  const found = (path: string) => ({
    path: decoded(posix.normalize(path)),
    anchor: anchor === undefined ? null : decoded(anchor),
  });
  if (!/^[a-z][a-z0-9+.-]*:/i.test(target)) {
    // Rule files are mostly written from the root, pages from where they stand.
    if (target.startsWith('/')) return found(target.slice(1));
    return found(/^\.{1,2}\//.test(target) ? posix.join(folderOf(from), target) : target);
  }
  const home = origin?.toLowerCase() ?? null;
  const url = URL.parse(target);
  if (home === null || url === null || !`${url.hostname}${url.pathname}`.toLowerCase().startsWith(`${home}/`))
    return null;
  const path = `${url.hostname}${url.pathname}`
    .slice(home.length + 1)
    .replace(/^(?:-\/)?(?:blob|tree|src)\/[^/]+\//, '');
  return found(path);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function mapping(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value));
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
