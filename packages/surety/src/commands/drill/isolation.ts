import type { Isolation } from '../../backup/drill/isolation.ts';
import isolated from '../../controls/tenancy/isolated.ts';
import { postgresFacts } from '../../targets/postgres/facts.ts';
import type { Situation } from '../restore/situation.ts';

/** As whom the copy is attacked: as the estate says of the backups, else as it says of their database. */
export function isolationOf({ facts, estate }: Situation): Isolation | { readonly missing: string } {
  const target = estate.targets.find(({ name, kind }) => kind === 'postgres' && name === facts.database);
  const live = target === undefined ? undefined : postgresFacts.parse(target.facts);
  const as = facts.drill.as ?? (live === undefined ? '' : decodeURIComponent(new URL(live.url).username));
  if (as === '') return { missing: 'the estate names no role of the API: drill: { as, setting }' };
  const setting = facts.drill.setting ?? live?.tenancy?.setting;
  if (setting === undefined)
    return { missing: 'the estate does not say which setting names the tenant: drill: { setting }' };
  return { control: isolated, as, tenancy: { ...live?.tenancy, setting } };
}
