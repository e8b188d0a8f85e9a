/** A relation as a statement names it, without its quotes; `null`: no schema. */
export type Named = { readonly schema: string | null; readonly name: string };

/** Source of a pattern for one name; the server takes all that is not ASCII for a letter. */
export const identifier = String.raw`(?:"(?:[^"]|"")+"|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*)`;
/** Source of a pattern for a name that may have a schema; it captures the whole. */
export const nameAt = String.raw`(${identifier}(?:\s*\.\s*${identifier})?)`;

/** The parts of a name, without quotes, folded as the server folds them. */
export function readName(text: string): Named {
  const parts = [...text.matchAll(new RegExp(identifier, 'gi'))].map(([part]) => plain(part));
  const [first = '', second] = parts;
  return second === undefined ? { schema: null, name: first } : { schema: first, name: second };
}

/** The one name that the text begins with, and what stands after it. */
export function readIdentifier(text: string): { readonly name: string; readonly rest: string } {
  const found = new RegExp(`^${identifier}`, 'i').exec(text)?.[0] ?? '';
  return { name: plain(found), rest: text.slice(found.length) };
}

/** `accounts` in schema public or in none, else `billing.invoices`. */
export function nameText({ schema, name }: Named): string {
  return schema === null || schema === 'public' ? name : `${schema}.${name}`;
}

function plain(identifier: string): string {
  if (identifier.startsWith('"')) return identifier.slice(1, -1).replaceAll('""', '"');
  return identifier.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}
