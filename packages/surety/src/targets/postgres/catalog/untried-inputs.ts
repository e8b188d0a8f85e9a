import { partsOf } from './loose-parts.ts';

/** What a policy may decide by besides rows and the tenant, so that trying it once says nothing of the next time. */
export type PolicyText = {
  /** As `pg_get_expr` writes it; `null` where the policy has none. */
  readonly condition: string | null;
  /** Sources of the functions that it calls. */
  readonly sources: readonly string[];
  /** The tenant setting. */
  readonly setting: string | null;
  /** Columns of its own table that it looks at. */
  readonly columns: readonly string[];
};

const changing: readonly (readonly [RegExp, string])[] = [
  [
    /\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(|\b(current_(date|time|timestamp)|localtime(stamp)?)\b/i,
    'it asks for the time, and was tried at one',
  ],
  [/\b(random|random_normal|gen_random_uuid|gen_random_bytes|uuid_generate_v4)\s*\(/i, 'it throws dice'],
  [
    /\binet_(client|server)_(addr|port)\s*\(|\bpg_stat_(activity|ssl)\b/i,
    'it asks where the session comes from, and was tried from one place',
  ],
  [
    /\b(pg_backend_pid|txid_current|pg_current_xact_id|nextval|lastval|currval)\s*\(/i,
    'it asks for a number of the session',
  ],
  [
    /current_setting\s*\(\s*'(application_name|search_path|timezone|datestyle|client_encoding)'/i,
    'it also reads a setting of the server that any session can set',
  ],
];

/**
 * Why trying a policy as some tenants cannot show all that it lets through, in words. A condition of several that must all
 * hold is as sure as the surest of them: one that ties a column to the tenant and asks for nothing else.
 */
export function untriedInputs({ condition, sources, setting, columns }: PolicyText): readonly string[] {
  if (condition === null) return [];
  const asks = (text: string): boolean =>
    setting !== null && text.toLowerCase().includes(`'${setting.toLowerCase()}'`);
  const inFunctions = doubtsOf(sources.join('\n'), setting);
  const isTie = (part: string): boolean =>
    doubtsOf(part, setting).length === 0 &&
    (asks(part) || (/\w\s*\(/.test(part) && inFunctions.length === 0)) &&
    / (=|IN) /.test(part) &&
    columns.some((column) => part.includes(column));
  const parts = partsOf(condition, ' AND ');
  if (parts.length > 1 && parts.some(isTie)) return [];
  return [...new Set([...doubtsOf(condition, setting), ...inFunctions])];
}

function doubtsOf(text: string, setting: string | null): readonly string[] {
  return [
    ...otherSettings(text, setting).map(
      (name) => `it also reads the setting ${name}, which any session can set`,
    ),
    ...(namesOneKey.test(text) ? ['it names a key by its value'] : []),
    ...changing.flatMap(([pattern, why]) => (pattern.test(text.replaceAll(untilThen, '')) ? [why] : [])),
  ];
}

const moment =
  '(?:(?:now|clock_timestamp|statement_timestamp)\\s*\\(\\s*\\)|current_(?:date|timestamp)|localtimestamp)';
const column = '"?[a-z_][\\w."]*(?![\\w."]*\\s*\\()';
/** `expires_at > now()`: what the rows say of the time is data, and is tried as it stands, as all data is. */
const untilThen = new RegExp(`${column}\\s*[<>]=?\\s*${moment}|${moment}\\s*[<>]=?\\s*${column}`, 'gi');

/** A key written out; the one of zeros alone is nobody's. */
const namesOneKey = /'(?!0{8}-(?:0{4}-){3}0{12}')[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}'/i;

/** Settings that are no server's own: those have a dot in their names. */
function otherSettings(text: string, setting: string | null): readonly string[] {
  const read = [...text.matchAll(/current_setting\s*\(\s*'([^']+\.[^']+)'/gi)].flatMap(
    ([, name]) => name ?? [],
  );
  return [...new Set(read)].filter((name) => name.toLowerCase() !== setting?.toLowerCase());
}
