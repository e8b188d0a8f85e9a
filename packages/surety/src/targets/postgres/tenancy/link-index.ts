import type { Link } from './links.ts';

/** Links by where they start and where they end, as oids. */
export type LinkIndex = {
  readonly all: readonly Link[];
  from(oid: number): readonly Link[];
  into(oid: number): readonly Link[];
};

export function indexed(all: readonly Link[]): LinkIndex {
  const from = Map.groupBy(all, (link) => link.from.oid);
  const into = Map.groupBy(all, (link) => link.to.oid);
  return { all, from: (oid) => from.get(oid) ?? [], into: (oid) => into.get(oid) ?? [] };
}
