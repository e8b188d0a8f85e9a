/** A name as snake case has it: `userId`, `"User Id"` and `USER_ID` are all `user_id`. */
export function snake(name: string): string {
  return name
    .replaceAll(/(\p{Ll}|\d)(\p{Lu})/gu, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '_')
    .replaceAll(/^_+|_+$/g, '');
}

const keySuffix = /_(id|ids|uuid|uid|guid|key|slug)$/;

/** What a column or setting names, without the word for key: `"Space Id"` → `space`, `tenant` → `tenant`. */
export function subjectOf(name: string): string {
  return snake(name).replace(keySuffix, '');
}

/** `app.current_user_id` → `user`, `my.tenant.id` → `tenant`, `request.jwt.claim.sub` → `user` */
export function stemOf(setting: string): string {
  const [last = '', before = ''] = setting.split('.').toReversed();
  const bare = /^(id|uuid|key|slug|current|value)$/.test(snake(last)) ? before : last;
  const stem = subjectOf(bare).replace(/^(current|session|active|request|my)_/, '');
  return stem === 'sub' || stem === 'uid' ? 'user' : stem;
}

const spelledOut: Readonly<Record<string, readonly string[]>> = {
  org: ['organisation', 'organization'],
  organisation: ['organization', 'org'],
  organization: ['organisation', 'org'],
};

/** Names that a table of those may have, in snake case. */
export function tableNames(stem: string): readonly string[] {
  const names = [stem, ...(spelledOut[stem] ?? [])].flatMap((one) => [
    one,
    `${one}s`,
    `${one}es`,
    one.replace(/y$/, 'ies'),
    ...(one === 'person' ? ['people'] : []),
  ]);
  return [...new Set(names)];
}

/** Whether it reads like one person, not like a group of them. */
export function namesPerson(name: string): boolean {
  return /(^|_)(users?|people|persons?|members?|profiles?|logins?|identit(y|ies)|principals?|actors?|employees?|staff)$/.test(
    snake(name),
  );
}

/** Whether it reads like a table of who belongs where: `memberships`, `user_spaces`. */
export function namesMembership(table: string, ends: readonly [string, string]): boolean {
  const name = snake(table);
  if (/(^|_)(member|membership|participant|participation|collaborator|belonging|seat)s?($|_)/.test(name))
    return true;
  const [one, other] = ends.map(wordsOf);
  return wordsOf(name) === `${one} ${other}` || wordsOf(name) === `${other} ${one}`;
}

/** Whether it reads like a list of what people may be or do, not like something that they have in common. */
export function namesKinds(name: string): boolean {
  return /(^|_)(roles?|permissions?|privileges?|capabilit(y|ies)|tags?|languages?|skills?|countr(y|ies))$/.test(
    snake(name),
  );
}

function wordsOf(name: string): string {
  return snake(name)
    .split('_')
    .map((word) => word.replace(/ies$/, 'y').replace(/s$/, ''))
    .join(' ');
}
