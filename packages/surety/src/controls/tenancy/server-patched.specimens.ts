import { scratchServer } from '../../testing/scratch-server.ts';
import { specimens } from '../../testing/specimens.ts';
import serverPatched from './server-patched.ts';

export default specimens({
  control: serverPatched,
  on: () => scratchServer(),
  lookalikes: {
    'a distribution’s own suffix': { break: { says: '15.20 (Debian 15.20-0+deb12u1)' } },
    'a later minor release than the list knows': { break: { says: '15.31' } },
    'extended statistics that only their owner sees': {
      break: { sql: 'create statistics together on tenant, body from notes; analyze notes' },
    },
  },
  sabotages: {
    'before the fixes of 2023': { break: { release: '15.1' }, names: 'CVE-2023-2455' },
    'MERGE without the policies for updates': { break: { release: '15.1' }, names: 'CVE-2023-39418' },
    'before the fixes of autumn 2024': { break: { release: '15.8' }, names: 'CVE-2024-10976' },
    'before the fixes of 2026': { break: { release: '15.18' }, names: 'CVE-2026-14666' },
    'DROP OWNED BY against restrictive policies': {
      break: {
        release: '15.18',
        sql: `create policy floor on notes as restrictive to api using (tenant = current_setting('app.tenant', true))`,
      },
      names: 'CVE-2026-116311',
    },
    'past its end of life': { break: { release: '13.23' }, names: 'still gets fixes' },
    'new programs, old catalog: the script was not run': {
      break: {
        sql: `create statistics together on tenant, body from notes;
          set allow_system_table_mods = on;
          do $$ begin execute 'create or replace view pg_catalog.pg_stats_ext as '
            || replace(pg_get_viewdef('pg_catalog.pg_stats_ext'), 'pg_has_role(c.relowner, ''USAGE''::text)', 'true'); end $$`,
      },
      names: 'CVE-2024-4317',
    },
  },
});
