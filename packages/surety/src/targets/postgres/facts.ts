import { z } from 'zod';
import { rolesFacts } from './roles/roles.ts';

const url = z
  .string()
  .refine(
    (text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text),
    'expected postgresql://user@host/database',
  );

/** What the estate says of a database: only what the database cannot say of itself. */
export const postgresFacts = z.strictObject({
  url: url.describe('The connection string that the application really uses. Attacks are made with it.'),
  inspector: url
    .optional()
    .describe(
      'A connection string of a role that may read every row (BYPASSRLS, SELECT on all tables) and is never ' +
        'used by the application. It finds two tenants and counts what an attack touched; it attacks nothing.',
    ),
  migrator: url
    .optional()
    .describe('A connection string of the role that owns the tables. Only apply and undo use it.'),
  ca: z
    .string()
    .optional()
    .describe('The certificate authority of the server, as PEM. The system’s own where left out.'),
  tenancy: z
    .strictObject({
      setting: z
        .string()
        .regex(/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$/, 'expected a name with a dot, such as app.current_user_id')
        .describe(
          'The setting that policies read and the application sets per request: app.current_user_id.',
        ),
      root: z
        .string()
        .optional()
        .describe(
          'The table whose key the setting names, as schema.table. Discovered from names and policies.',
        ),
      key: z
        .string()
        .optional()
        .describe(
          'The column of that table that the setting holds. Discovered: what policies compare with it, else the primary key.',
        ),
      paths: z
        .record(z.string(), z.string().min(1))
        .optional()
        .describe(
          'By table, the column that leads to the tenant, where the catalog does not say or says it in several ways: ' +
            "{ 'public.comments': 'post_id' }, or 'owner_id -> users' where no foreign key says so.",
        ),
      tenants: z
        .tuple([z.string().min(1), z.string().min(1)])
        .optional()
        .describe('Two tenants that share nothing, to attack with where there is no inspector to find them.'),
      audit: z
        .strictObject({
          table: z.string().min(1).describe('The audit log, as schema.table.'),
          actor: z.string().min(1).describe('Its column with the key of who acted.'),
          actors: z
            .string()
            .min(1)
            .optional()
            .describe('The table of that key. Default: what a foreign key says, else the table of tenants.'),
          row: z.string().min(1).describe('Its column with the key of the row that was acted on.'),
          about: z
            .string()
            .min(1)
            .describe(
              'Its column with the name of the table of that row, or the table itself, as schema.table.',
            ),
          scope: z
            .string()
            .min(1)
            .optional()
            .describe('Its column with the tenant, or the space, that the entry is filed under.'),
          at: z.string().min(1).optional().describe('Its column to tell the newest entries by.'),
        })
        .optional()
        .describe('Which table is the audit log. Discovered from names, where they say it.'),
    })
    .optional()
    .describe('How the database tells tenants apart. Without it, controls of tenancy are unknown.'),
  roles: rolesFacts
    .optional()
    .describe('What each role may do. Without it, database/roles-separated is unknown.'),
});

export type PostgresFacts = z.infer<typeof postgresFacts>;
export type TenancyFacts = NonNullable<PostgresFacts['tenancy']>;

/** The hosts that a connection string leads to, sockets left out. */
export function hostsOf(connection: string): readonly string[] {
  const parsed = new URL(connection);
  const named = [parsed.hostname, ...parsed.searchParams.getAll('host')];
  return named.flatMap((names) => names.split(',')).filter((host) => host !== '' && !host.startsWith('/'));
}
