import { control, partly, supports } from '../../core/control.ts';
import type { See } from '../../core/see.ts';
import { eachStore } from '../../targets/backup/each-store.ts';
import type { FailureDomain } from '../../targets/backup/failure-domain.ts';
import type { Kept } from '../../targets/backup/kept.ts';
import type { BackupTarget } from '../../targets/backup/target.ts';

/** The stores of one run are finished one after the other. */
const settling = 10 * 60_000;
const day = 86_400_000;
const most = 10;

export default control({
  claim: 'Every backup has a copy in a second store that is not lost with the first',
  why: 'An upload whose failure is only a warning is found missing on the day that the first store is gone.',
  requirements: [
    supports('phase7:backup.offsite', 'each backup lies in two stores that are not lost together'),
    supports('phase7:checklist.backup.offsite-bucket', 'the second store answers, and has the newest backup'),
    partly('phase7:backup.disaster-recovery', 'what a rebuild needs is elsewhere as well'),
    partly('tsc:A1.2', 'a copy is kept away from the first'),
    partly('mp22:2.5', 'backups are kept twice'),
  ],
  targets: { backups: 'backup' },
  touch: 'nothing',
  async prove({ backups }, see) {
    const stores = await eachStore(backups.stores, see, async (store) => ({
      name: store.name,
      domain: await store.domain(),
      kept: await store.kept(),
    }));
    // With a store that did not answer, nobody can say that there is no second one.
    if (stores.length < backups.stores.length) return;
    domains(stores, see);
    samePlace(stores, see);
    copies(stores, backups, see);
  },
});

type Look = { readonly name: string; readonly domain: FailureDomain; readonly kept: Kept };

function domains(stores: readonly Look[], see: See): void {
  const byDomain = Map.groupBy(stores, ({ domain }) => domain.name);
  see.must('stores that are not lost together', byDomain.size >= 2, {
    want: 'at least 2',
    got: [...byDomain]
      .map(([domain, inIt]) => `${inIt.map(({ name }) => name).join(', ')} on ${domain}`)
      .join('; '),
    hint: 'add a store elsewhere: a bucket of another provider, or at least another disk',
  });
  if (stores.every(({ domain }) => domain.here)) {
    see.note('stores', 'all of them are on this machine, as far as their addresses say');
  }
}

/** A manifest names its store: found in another one, it shows that both names lead to one place. */
function samePlace(stores: readonly Look[], see: See): void {
  for (const { name, kept } of stores) {
    const foreign = stores.filter(
      (other) =>
        other.name !== name && kept.untrusted.some(({ why }) => why.endsWith(`of store ${other.name}`)),
    );
    see.equal(
      `${name}: holds manifests of another store`,
      [],
      foreign.map((other) => other.name),
      { hint: 'two names of one place are one copy: mend the facts of the stores' },
    );
  }
}

function copies(stores: readonly Look[], backups: BackupTarget, see: See): void {
  const now = backups.now().getTime();
  const oldest = new Date(now - backups.keep.days * day).toISOString();
  const found = new Map<
    string,
    { snapshot: string; finished: string; domains: Set<string>; stores: string[] }
  >();
  for (const { name, domain, kept } of stores) {
    for (const { backup, manifest, missing } of kept.sets.filter(
      (set) => set.manifest.engine === 'logical',
    )) {
      const { snapshot, finished } = manifest;
      const copy = found.get(backup) ?? { snapshot, finished, domains: new Set(), stores: [] };
      if (missing.length === 0) {
        copy.domains.add(domain.name);
        copy.stores.push(name);
      }
      found.set(backup, copy);
    }
  }
  const settled = [...found]
    .map(([backup, copy]) => ({ backup, ...copy }))
    .filter(
      ({ snapshot, finished, domains: its }) =>
        snapshot >= oldest && (its.size >= 2 || now - Date.parse(finished) > settling),
    )
    .sort((a, b) => (a.snapshot < b.snapshot ? 1 : -1));
  const [latest] = settled;
  // Their manifests lie in every store, and what these tell of in one repository.
  const physical = stores.some(({ kept }) => kept.own.some(({ manifest }) => manifest.engine === 'physical'));
  if (physical)
    see.note(
      'physical backups',
      'where the repository of pgBackRest is, and whether twice, is not looked at',
    );
  if (latest === undefined) {
    if (physical) {
      see.blind('backups', 'there are physical ones only, and nobody looks where their repository is', {
        hint: 'surety backup makes a dump in every store',
      });
      return;
    }
    see.blind('backups', `no backup of the last ${backups.keep.days} days verifies in any store`, {
      hint: 'surety backup',
    });
    return;
  }
  const places = (one: typeof latest): string =>
    one.stores.length === 0 ? 'whole in no store' : `only in ${one.stores.join(', ')}`;
  see.must(`${latest.backup}: the newest has a second copy`, latest.domains.size >= 2, {
    want: 'two stores that are not lost together',
    got: latest.domains.size >= 2 ? latest.stores.join(', ') : places(latest),
    hint: 'surety backup, and see why the upload failed',
  });
  const single = settled.filter(({ domains: its }) => its.size < 2);
  see.equal(
    'backups without a second copy',
    [],
    [
      ...single.slice(0, most).map((one) => `${one.backup}: ${places(one)}`),
      ...(single.length > most ? [`${single.length - most} more`] : []),
    ],
    { hint: 'an upload that failed is a backup that failed: see the log of its run' },
  );
}
