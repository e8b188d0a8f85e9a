/** A permissive condition, and by what it may tie a row to its tenant. */
export type Condition = {
  /** As `pg_get_expr` writes it. */
  readonly text: string;
  /** Name of its own table, by which sub-selects look at the row. */
  readonly table: string;
  /** Columns of that table that it looks at. */
  readonly columns: readonly string[];
  /** The tenant setting. */
  readonly setting: string | null;
  /** Names of the user's functions that it calls. */
  readonly calls: readonly string[];
};

/**
 * Why some of the parts that `OR` joins let rows through whoever they belong to, in words. Such a part may hold for no row
 * or tenant of today, so that trying it shows nothing.
 */
export function looseParts(condition: Condition): readonly string[] {
  return [...new Set(looseIn(condition.text, condition))];
}

function looseIn(text: string, condition: Condition): readonly string[] {
  const anyOf = partsOf(text, ' OR ');
  if (anyOf.length > 1) return anyOf.flatMap((part) => looseIn(part, condition));
  const allOf = partsOf(text, ' AND ');
  if (allOf.length === 1) return whyLoose(text, condition);
  // All of them must hold: one that ties the row is enough.
  const reasons = allOf.map((part) => looseIn(part, condition));
  return reasons.some((loose) => loose.length === 0) ? [] : reasons.flat();
}

const constant = /^\(*(true|false|NULL(::\w+)?)\)*$/i;
/** The same for every tenant, and tried as the role that it is about. */
const asksWhoConnects = /\b(CURRENT_USER|SESSION_USER|CURRENT_ROLE|pg_has_role)\b/i;
/** Rows of nobody, which are everybody's. */
const ofNobody = /^\(*"?[\w ]+"? IS NULL\)*$/i;
const sameness = / = |\bIN\b|\bEXISTS\b|@>|<@|&&|\bIS NOT DISTINCT FROM\b| \? /;

function whyLoose(part: string, condition: Condition): readonly string[] {
  const { columns, setting, calls } = condition;
  if (constant.test(part) || asksWhoConnects.test(part)) return [];
  const outside = withoutSelects(part);
  const own = columns.filter((name) => names(outside, name));
  const list = own.join(' and ');
  if (own.length === 0)
    return joins(part, condition)
      ? []
      : ['a part of it decides by who asks, not by whose the row is, and nobody tried as everyone'];
  const asks =
    outside !== part ||
    calls.some((name) => names(part, name)) ||
    (setting !== null && part.toLowerCase().includes(`'${setting.toLowerCase()}'`));
  if (!asks) return ofNobody.test(part) ? [] : [`a part of it decides by ${list}, not by whose the row is`];
  if (/\b(THEN|ELSE) true\b/i.test(outside)) return ['a case of it does not ask whose the row is'];
  const isGiven = calls.some((name) => own.some((column) => names(givenTo(name, outside), column)));
  return isGiven || sameness.test(outside) ? [] : [`it compares ${list} by something else than equality`];
}

/** Whether a sub-select looks at the row in each part of its own condition that may hold by itself. */
function joins(part: string, { table }: Condition): boolean {
  const looks = (text: string): boolean => text.includes(`${table}.`) || text.includes(`"${table}".`);
  const [, before = '', where] = /^([\s\S]*?)\bWHERE\b([\s\S]*)$/.exec(part) ?? [];
  if (where === undefined || looks(before)) return looks(part);
  const holds = (text: string): boolean => {
    const anyOf = partsOf(text, ' OR ');
    if (anyOf.length > 1) return anyOf.every(holds);
    const allOf = partsOf(text, ' AND ');
    return allOf.length > 1 ? allOf.some(holds) : looks(text);
  };
  return holds(upToEnd(where));
}

function names(text: string, name: string): boolean {
  const verbatim = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\w"'])"?${verbatim}"?(?![\\w"'])`).test(text);
}

/** What the function is given, where it is called. */
function givenTo(name: string, text: string): string {
  const from = text.search(new RegExp(`\\b${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}"?\\(`));
  if (from < 0) return '';
  const open = text.indexOf('(', from);
  return text.slice(open, closing(text, open));
}

const tokens = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]| AND | OR /g;

/** The parts that the word joins at the top; `(a) AND ((b) OR (c))` has two of AND. */
export function partsOf(condition: string, word: ' AND ' | ' OR '): readonly string[] {
  const text = unwrapped(condition.trim());
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (token === '(') depth += 1;
    else if (token === ')') depth -= 1;
    else if (token === word && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + token.length;
    }
  }
  return [...parts, text.slice(start)];
}

/** Without the parentheses around the whole. */
function unwrapped(text: string): string {
  if (!text.startsWith('(') || closing(text, 0) !== text.length - 1) return text;
  return unwrapped(text.slice(1, -1).trim());
}

/** The text without what stands in parentheses that begin with SELECT. */
function withoutSelects(text: string): string {
  const opened = /\(\s*SELECT\b/.exec(text);
  if (opened === null) return text;
  return text.slice(0, opened.index) + withoutSelects(text.slice(closing(text, opened.index) + 1));
}

/** Up to the parenthesis that closes what the text stands in. */
function upToEnd(text: string): string {
  return text.slice(0, closing(`(${text}`, 0) - 1);
}

/** Where the parenthesis that opens at `from` closes; the end where it does not. */
function closing(text: string, from: number): number {
  let depth = 0;
  for (const { 0: token, index } of text.slice(from).matchAll(tokens)) {
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    if (depth === 0 && token === ')') return from + index;
  }
  return text.length;
}
