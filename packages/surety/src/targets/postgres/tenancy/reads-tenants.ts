import type { Catalog, CatalogRelation } from '../catalog/catalog.ts';
import type { Tenancy } from './tenancy.ts';

/** Whether rows of tenants show through a view, also through views below it. */
export function readsTenants(view: CatalogRelation, catalog: Catalog, { ties }: Tenancy): boolean {
  const seen = new Set([view]);
  // A set gives what is added to it while it is walked through, too.
  for (const { readsFrom } of seen) {
    for (const below of readsFrom.flatMap((name) => catalog.named(name) ?? [])) {
      if (ties.has(below.oid)) return true;
      seen.add(below);
    }
  }
  return false;
}
