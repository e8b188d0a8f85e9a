import type { CatalogRelation } from '../catalog/catalog.ts';
import type { LinkIndex } from './link-index.ts';
import { isRequired } from './links.ts';
import type { Tie } from './tenancy.ts';

type Known = { readonly root: CatalogRelation; readonly links: LinkIndex; readonly direct: LinkIndex };

/**
 * By oid, tables whose rows need not name a person, but have to name what persons share: a task has a project, whoever
 * it was given to. By their columns alone they would be nobody's, and those of one person at most.
 */
export function partsOf({ root, links, direct }: Known, ties: ReadonlyMap<number, Tie>): ReadonlySet<number> {
  const named = [...ties.values()].filter(({ relation, links: deciding, isMembership }) => {
    const persons = direct.from(relation.oid);
    const byPersons = deciding.length > 0 && deciding.every(({ to }) => to.oid === root.oid);
    return relation.oid !== root.oid && !isMembership && byPersons && !persons.some(isRequired);
  });
  const candidates = new Set(named.map(({ relation }) => relation.oid));
  const wholes = new Set([...ties].flatMap(([oid, tie]) => (isShared(tie, root) ? [oid] : [])));
  const parts = new Set<number>();
  // A part of a part is one too: as many rounds as they stand upon one another.
  for (let before = -1; before < parts.size; ) {
    before = parts.size;
    for (const oid of candidates) {
      const whole = links.from(oid).filter((link) => isRequired(link) && link.to.oid !== oid);
      if (whole.some(({ to }) => parts.has(to.oid) || wholes.has(to.oid))) parts.add(oid);
    }
  }
  return parts;
}

/** Whether its rows are theirs who share something, or whose the rows above are; not by a person that they name. */
export function isShared({ relation, links, isMembership }: Tie, root: CatalogRelation): boolean {
  return relation.oid !== root.oid && !isMembership && links.every(({ to }) => to.oid !== root.oid);
}
