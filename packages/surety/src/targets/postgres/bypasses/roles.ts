import { caught, type Entry, safe } from './bypass.ts';

/** Roles and ownership. */
export const rolesAndOwnership: readonly Entry[] = [
  [
    'The application owns the table, and row security is not forced on owners.',
    'gets through',
    caught('tenancy/isolated', 'application owns the table, not forced'),
    caught('tenancy/no-bypass', 'owner of one table', 'not forced'),
  ],
  [
    'It is a superuser, or has BYPASSRLS: forcing does not bind it.',
    'gets through',
    caught('tenancy/isolated', 'application is a superuser', 'application may bypass row security'),
    caught('tenancy/no-bypass', 'superuser', 'bypasses row security'),
  ],
  [
    'It is a member of the owner and inherits: no SET ROLE is needed.',
    'gets through',
    caught('tenancy/no-bypass', 'inherits the owner'),
  ],
  [
    'As a member of the owner it switches FORCE off.',
    'gets through',
    caught('tenancy/no-bypass', 'may become the owner, who can switch FORCE off'),
  ],
  [
    'It becomes a role that row security does not bind, by a chain of memberships.',
    'gets through',
    caught('tenancy/no-bypass', 'may become an exempt role by a chain'),
  ],
  [
    'It leaves the role that it was put into: RESET ROLE, or set_config(‘role’, …) inside of a SELECT.',
    'gets through',
    caught('tenancy/no-bypass', 'bypasses row security behind another role that it starts as'),
  ],
  [
    'It may make roles, and grants itself the owner (up to version 15).',
    'gets through on old servers',
    caught('tenancy/no-bypass', 'may make roles'),
  ],
  [
    'It is a member of pg_read_all_data: policies still bind it, samples of columns it may read.',
    'is stopped',
    safe('tenancy/isolated', 'a role that reads all data, and is bound all the same'),
    caught('tenancy/no-bypass', 'reads all data, samples of every column among it'),
  ],
  [
    'It calls a SECURITY DEFINER function whose owner row security does not bind.',
    'gets through',
    caught('tenancy/no-bypass', 'a definer function of an exempt owner'),
    safe('tenancy/no-bypass', 'definer functions that are bound, or that nobody may call'),
  ],
  [
    'It empties a table with TRUNCATE, asks with REFERENCES, or puts a TRIGGER that runs as whoever writes next.',
    'gets through',
    caught(
      'tenancy/isolated',
      'may truncate',
      'may put triggers on a table',
      'may point foreign keys at a table',
    ),
  ],
  [
    'It takes itself off a restrictive policy with DROP OWNED BY.',
    'gets through on old servers',
    caught('tenancy/server-patched', 'DROP OWNED BY against restrictive policies'),
    caught('tenancy/no-bypass', 'a restrictive policy that names the role'),
    safe('tenancy/no-bypass', 'a restrictive policy for everyone'),
  ],
];
