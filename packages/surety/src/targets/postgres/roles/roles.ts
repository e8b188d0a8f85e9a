import { z } from 'zod';

/** `MAINTAIN` exists from PostgreSQL 17 on. */
export const tablePrivileges = [
  'select',
  'insert',
  'update',
  'delete',
  'truncate',
  'references',
  'trigger',
  'maintain',
] as const;

const pattern = z
  .string()
  .regex(/^([^.*]+\.([^.*]+|\*)|\*)$/, 'expected schema.name, schema.*, or *')
  .describe('schema.name, schema.* for all in a schema now and later, or * for all');
const wholeOrColumns = new RegExp(
  `^((${tablePrivileges.join('|')})|(select|insert|update|references) ?\\([^()]+\\))$`,
);
const tableRight = z.string().regex(wholeOrColumns, 'expected select, or of some columns: select (id, name)');
const flag = (what: string) => z.boolean().default(false).describe(what);

const role = z.strictObject({
  url: z
    .string()
    .refine(
      (text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text),
      'expected postgresql://role@host/database',
    )
    .optional()
    .describe('A connection string of this role. With it, what the role must not do is really tried.'),
  login: z.boolean().default(true).describe('Whether it may log in. Default: true.'),
  superuser: flag('Whether it may do everything; nothing else is then compared.'),
  createRole: flag('Whether it may make roles, which is much more than it sounds.'),
  createDb: flag('Whether it may make databases.'),
  replication: flag('Whether it may read the stream of all changes.'),
  bypassRls: flag('Whether row-level security does not bind it.'),
  memberOf: z.array(z.string()).default([]).describe('Roles whose rights it has or may take.'),
  database: z
    .array(z.enum(['connect', 'temporary', 'create']))
    .optional()
    .describe(
      "Default: ['connect'] where it may log in. PostgreSQL gives connect and temporary to everyone.",
    ),
  schemas: z
    .record(z.string(), z.array(z.enum(['usage', 'create'])))
    .default({})
    .describe("{ public: ['usage'] }"),
  tables: z
    .record(pattern, z.array(tableRight))
    .default({})
    .describe("Tables and views; the narrowest pattern counts: { 'public.*': ['select', 'update (name)'] }."),
  sequences: z
    .record(pattern, z.array(z.enum(['usage', 'select', 'update'])))
    .default({})
    .describe("{ 'public.*': ['usage'] }"),
  functions: z
    .array(pattern)
    .default([])
    .describe('SECURITY DEFINER functions that it may call. Others have only the rights of their caller.'),
  owns: z
    .array(pattern)
    .default([])
    .describe(
      'Schemas (public.*), tables, sequences and such functions that it owns: it may do anything with them.',
    ),
});

/** The declared privilege matrix: role name → what it may do, itself. What it gets from `memberOf` is added. */
export const rolesFacts = z.record(z.string().min(1), role);

export type RoleFacts = z.infer<typeof role>;
export type RolesFacts = z.infer<typeof rolesFacts>;
