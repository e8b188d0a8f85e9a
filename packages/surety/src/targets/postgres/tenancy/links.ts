import type { Catalog, CatalogRelation, Column } from '../catalog/catalog.ts';

/** Columns of one relation that name a row of another. `declared`: by a foreign key, not only by a shared name. */
export type Link = {
  readonly from: CatalogRelation;
  readonly columns: readonly string[];
  readonly to: CatalogRelation;
  readonly toColumns: readonly string[];
};

export function declaredLinks(catalog: Catalog): readonly Link[] {
  return catalog.relations.flatMap((from) =>
    from.foreignKeys.flatMap(({ columns, to, toColumns }) => {
      const target = catalog.relation(to);
      return target === undefined ? [] : [{ from, columns, to: target, toColumns }];
    }),
  );
}

/** Columns of the same name and type as a foreign key elsewhere, in tables and views that declare none. */
export function impliedLinks(
  catalog: Catalog,
  declared: readonly Link[],
  root: CatalogRelation,
  key: Column,
  setting: string,
): readonly Link[] {
  const known = [
    ...declared.flatMap(({ columns: [column, second], to, toColumns: [toColumn] }) =>
      column === undefined || second !== undefined || toColumn === undefined
        ? []
        : [{ column, to, toColumn }],
    ),
    { column: `${stemOf(setting)}_id`, to: root, toColumn: key.name },
  ];
  return catalog.relations.flatMap((from) =>
    from.columns.flatMap(({ name, base }): readonly Link[] => {
      if (from.foreignKeys.some(({ columns }) => columns.includes(name))) return [];
      const meant = known.find(
        ({ column, to, toColumn }) =>
          column === name && to.columns.some((target) => target.name === toColumn && target.base === base),
      );
      return meant === undefined || sameNames(from.uniques[0] ?? [], [name])
        ? []
        : [{ from, columns: [name], to: meant.to, toColumns: [meant.toColumn] }];
    }),
  );
}

/** `app.current_user_id` → `user` */
export function stemOf(setting: string): string {
  const last = setting.split('.').at(-1) ?? setting;
  return last.replace(/^current_/, '').replace(/_?(id|key)$/, '');
}

export function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}
