import { control, partly, supports } from '../../core/control.ts';
import type { See } from '../../core/see.ts';
import type { AuditEntry, Standing } from '../../targets/postgres/tenancy/audit-sample.ts';

/** How many of the newest entries are read, and how many of random pages. */
const size = 500;

export default control({
  claim: 'In sampled audit entries, whoever acted has a part in the tenant whose row it was',
  why: 'An attack that nobody thought of leaves no test behind, and an entry in the audit log.',
  requirements: [
    supports(
      'phase7:production.audit-sampled',
      'reads the newest entries and random older ones, and compares',
    ),
    partly('tsc:CC7.2', 'a crossing in the audit log is noticed'),
    partly('tsc:CC6.1', 'sees whether access to the data of others happened'),
  ],
  targets: { db: 'postgres' },
  touch: 'nothing',
  async prove({ db }, see) {
    const sample = await db.auditSample(size);
    const entries = await see.population(`entries of ${sample.table}`, sample, { method: 'read' });
    const acted = entries.filter(({ row }) => row !== null);
    if (acted.length < entries.length)
      see.note('entries without an actor', `${entries.length - acted.length} of ${entries.length}`);
    for (const [about, group] of Map.groupBy(acted, (entry) => entry.about)) judge(about, group, see);
  },
});

function judge(about: string | null, entries: readonly AuditEntry[], see: See): void {
  if (about === null) {
    see.blind('entries about no known table', `${entries.length} of them name a table that there is not`, {
      hint: 'write the name of the table, or say which column holds it as tenancy.audit',
    });
    return;
  }
  const told = entries.filter(({ row, scope }) => tells(row) || tells(scope));
  const crossed = told.filter(({ row, scope }) => row === 'foreign' || scope === 'foreign');
  const reasons = Map.groupBy(
    entries.filter((entry) => !told.includes(entry)),
    ({ row }) => row,
  );
  const untold = [...reasons].map(([why, group]) => `${group.length}: ${why}`).join(', ');
  if (told.length === 0) {
    see.blind(about, `none of ${entries.length} entries can be told any more (${untold})`, {
      hint: 'sample it while the rows are there, or file entries under the space or tenant of their row',
    });
    return;
  }
  see.must(`${about}: entries by another tenant`, crossed.length === 0, {
    method: 'read',
    want: `0 of ${told.length}`,
    got: `${crossed.length} of ${told.length}`,
    hint: 'find out who acted and how they got there; who has left a space since may be accepted: surety except',
  });
  if (untold !== '') see.note(`${about}: entries that cannot be told`, untold);
}

function tells(standing: Standing | null): boolean {
  return standing === 'own' || standing === 'foreign' || standing === 'shared';
}
