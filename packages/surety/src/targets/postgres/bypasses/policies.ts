import { caught, type Entry, registered, safe } from './bypass.ts';

/** Logic of policies. */
export const logicOfPolicies: readonly Entry[] = [
  [
    'A second permissive policy opens what the first one closes; only a restrictive floor stops that.',
    'gets through',
    caught('tenancy/isolated', 'second permissive policy'),
    safe('tenancy/isolated', 'USING (true) above a restrictive floor'),
    safe('tenancy/every-table-covered', 'a permissive policy above a restrictive floor'),
  ],
  [
    'A policy FOR ALL has USING and no WITH CHECK: USING is asked of new rows too.',
    'is stopped',
    safe('tenancy/isolated', 'FOR ALL with USING only'),
  ],
  [
    'A policy FOR INSERT has no WITH CHECK, or one FOR SELECT no USING: nothing is let through.',
    'is stopped',
    safe('tenancy/isolated', 'policies without a condition let nobody in'),
  ],
  [
    'WITH CHECK (true) lets rows be planted with another tenant; only RETURNING fails.',
    'gets through',
    caught('tenancy/isolated', 'WITH CHECK (true)'),
  ],
  [
    'FOR DELETE USING (true): a bare DELETE removes what a DELETE with WHERE does not even find.',
    'gets through',
    caught('tenancy/isolated', 'FOR DELETE USING (true)'),
  ],
  [
    'FOR UPDATE USING (true) with a check for one’s own: a bare UPDATE takes others’ rows over.',
    'gets through',
    caught('tenancy/isolated', 'FOR UPDATE USING (true), CHECK mine'),
  ],
  [
    'A member of two tenants moves a row from one to the other.',
    'gets through',
    registered(
      'both tenants are his, so that every policy is kept: whether a row may move is not for the database to know',
      'revoke update on the column that says whose a row is',
    ),
  ],
  [
    'A policy is true while nobody is named: tenant IS NULL OR …, coalesce(…, ‘’) = ‘’ OR ….',
    'gets through',
    caught('tenancy/isolated', 'rows of nobody and everybody: tenant IS NULL OR …'),
    caught('tenancy/fails-closed', 'true when empty', 'true when never set, false when empty'),
  ],
  [
    'An IMMUTABLE function names the tenant: a plan that is kept keeps the answer for the next one.',
    'gets through',
    caught(
      'tenancy/isolated',
      'a tenant that plans keep: IMMUTABLE',
      'a kept plan, by a helper marked IMMUTABLE that hides what it asks',
    ),
    safe('tenancy/isolated', 'a STABLE helper in plpgsql (kept plans)'),
  ],
  [
    'A policy’s helper finds its table on the caller’s search path, where a temporary one waits.',
    'gets through',
    caught(
      'tenancy/isolated',
      'a helper that a temporary table deceives',
      'a definer helper whose path leaves pg_temp first',
    ),
    caught('tenancy/no-bypass', 'a helper of policies that looks its table up on the caller’s path'),
    safe('tenancy/no-bypass', 'a helper with its path pinned'),
  ],
  [
    'A definer function that policies use answers anybody who is a member of what.',
    'gets through',
    caught('tenancy/no-bypass', 'a definer function that tells who is a member of what'),
  ],
  [
    'A membership is taken away while a statement waits for a lock: its sub-select has the older answer.',
    'gets through',
    registered(
      'it takes a second session and a wait, and PostgreSQL has no switch for it',
      'lock the membership in the same transaction (select … for share), or let removals wait for open ones',
    ),
  ],
  [
    'A function marked LEAKPROOF, or any function on a view without a barrier, is shown rows before they are hidden.',
    'gets through',
    caught(
      'tenancy/no-bypass',
      'a leakproof function',
      'a view that picks the tenant’s rows by itself, exempt owner',
    ),
    safe('tenancy/no-bypass', 'a plain cheap function of one’s own'),
  ],
  [
    'A BEFORE trigger rewrites the tenant; COPY … TO; an overload of a policy’s function; a policy for another role.',
    'is stopped',
    safe('tenancy/isolated', 'a trigger that puts the tenant right'),
    safe('tenancy/no-bypass', 'an overload in a schema of its own'),
    safe('tenancy/isolated', 'a policy for another role', 'a helper of the same name for other types'),
  ],
];
