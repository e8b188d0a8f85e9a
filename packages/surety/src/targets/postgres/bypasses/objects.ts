import { caught, type Entry, safe } from './bypass.ts';

/** Objects beside the policy. */
export const objectsBesideThePolicy: readonly Entry[] = [
  [
    'A view asks as its owner, whom row security does not bind.',
    'gets through',
    caught(
      'tenancy/isolated',
      'view that asks as its exempt owner',
      'view without a tenant column, exempt owner',
    ),
    safe('tenancy/isolated', 'a view that asks as its owner, who is bound'),
  ],
  [
    'A materialized view holds everybody’s rows.',
    'gets through',
    caught('tenancy/isolated', 'materialized view'),
  ],
  [
    'A rule copies rows as the table’s owner: DO ALSO INSERT … SELECT.',
    'gets through',
    caught('tenancy/no-bypass', 'a rule that copies everybody’s rows'),
  ],
  [
    'A partition is asked directly, past the policies of its parent.',
    'gets through',
    caught('tenancy/isolated', 'partition read past its parent', 'inheritance, child read past its parent'),
    safe('tenancy/isolated', 'a partition that is guarded itself'),
  ],
  [
    'A table is asked through the parent that it inherits from, whose policies alone count.',
    'gets through',
    caught('tenancy/isolated', 'inheritance, the child’s policy is not asked through its parent'),
    safe('tenancy/isolated', 'inheritance, parent and child guarded'),
  ],
  [
    'A new table is granted by default privileges, or copied with LIKE INCLUDING ALL, which copies no policy.',
    'gets through',
    caught(
      'tenancy/every-table-covered',
      'new table through default privileges',
      'copied table: LIKE … INCLUDING ALL takes no policy along',
    ),
    caught('tenancy/no-bypass', 'tables made later, through default privileges'),
  ],
  [
    'The rows are asked for on another server, or on this one by the back door: foreign tables, dblink.',
    'gets through',
    caught('tenancy/every-table-covered', 'foreign table'),
    caught('tenancy/no-bypass', 'a foreign server', 'dblink'),
  ],
  [
    'A definer trigger writes what everybody does into an audit table that everybody reads.',
    'gets through',
    caught('tenancy/no-bypass', 'a definer trigger into an audit table that everybody reads'),
    safe('tenancy/no-bypass', 'a definer trigger that writes where policies guard'),
  ],
  [
    'Large objects know no rows: their numbers are listed, and their content is read by number.',
    'gets through',
    caught('tenancy/no-bypass', 'a large object that every tenant may read'),
    safe('tenancy/no-bypass', 'a large object of somebody else'),
  ],
  [
    'Logical decoding gives out all changes.',
    'gets through',
    caught('tenancy/no-bypass', 'may replicate'),
    caught('tenancy/every-table-covered', 'may replicate'),
  ],
  [
    'The table of memberships can be written: a user makes himself a member.',
    'gets through',
    caught(
      'tenancy/isolated',
      'membership that a user grants himself',
      'own membership moved to another space',
    ),
  ],
  [
    'Raw pages and files of the server: pageinspect, COPY … PROGRAM, pg_read_file.',
    'gets through',
    caught(
      'tenancy/no-bypass',
      'reads files of the server',
      'may read files by a function of the server',
      'a definer function that reads raw pages',
    ),
    safe('tenancy/no-bypass', 'raw pages that only a superuser may read'),
  ],
];
