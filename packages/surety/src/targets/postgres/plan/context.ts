import type { Catalog, CatalogRelation } from '../catalog/catalog.ts';
import type { Tenancy } from '../tenancy/tenancy.ts';
import type { Judge } from './judge.ts';
import type { Surroundings } from './surroundings.ts';

/** All that the planners of single things look at. */
export type PlanContext = {
  readonly catalog: Catalog;
  readonly tenancy: Tenancy;
  /** Who tries policies on the rows that are there; without one they are judged by their text. */
  readonly judge: Judge | null;
  readonly around: Surroundings;
  /** The control's name for this database. */
  readonly target: string;
};

/** Relations that the application's role may touch, itself or as a role that it may become. */
export function reachable({ catalog }: Pick<PlanContext, 'catalog'>): readonly CatalogRelation[] {
  return catalog.relations.filter((relation) => relation.reachable);
}
