import type { Command } from '../types.ts';

type Described = {
  /** As an attempt names it: the key of witness and attack. */
  readonly name: string;
  /** What the role must be allowed for it. */
  readonly commands: readonly Command[];
  /** What a party does, for subjects: `other tenant reads it by key`. */
  readonly what: string;
  /** The first major version of the server that knows the statement. */
  readonly since?: number;
};

/** Every way in which a statement may reach rows of a table. */
export const matrix = [
  { name: 'read by key', commands: ['select'], what: 'reads it by key' },
  { name: 'read everything', commands: ['select'], what: 'reads it whole' },
  { name: 'lock by key, for update', commands: ['select', 'update'], what: 'locks it by key, for update' },
  { name: 'lock by key, for share', commands: ['select', 'update'], what: 'locks it by key, for share' },
  { name: 'copy out', commands: ['select'], what: 'copies it out' },
  { name: 'copy out, by query', commands: ['select'], what: 'copies it out by a query' },

  { name: 'insert', commands: ['insert'], what: 'adds a row' },
  { name: 'insert, returning', commands: ['select', 'insert'], what: 'adds a row, returning' },
  { name: 'insert or nothing', commands: ['insert'], what: 'adds a row, on conflict do nothing' },
  {
    name: 'insert or update',
    commands: ['select', 'insert', 'update'],
    what: 'changes by key, on conflict do update',
  },
  {
    name: 'insert or update, returning',
    commands: ['select', 'insert', 'update'],
    what: 'changes by key, on conflict do update, returning',
  },
  { name: 'merge, inserting', commands: ['insert'], what: 'adds a row, by merge', since: 15 },
  { name: 'copy in', commands: ['insert'], what: 'adds a row, by copy' },

  { name: 'update by key', commands: ['select', 'update'], what: 'changes by key' },
  { name: 'update by key, returning', commands: ['select', 'update'], what: 'changes by key, returning' },
  { name: 'update everything', commands: ['update'], what: 'changes everything' },
  {
    name: 'update everything, returning',
    commands: ['select', 'update'],
    what: 'changes everything, returning',
  },
  { name: 'update from a list', commands: ['select', 'update'], what: 'changes by a join' },
  {
    name: 'merge, updating by key',
    commands: ['select', 'update'],
    what: 'changes by key, by merge',
    since: 15,
  },
  { name: 'update, taking rows', commands: ['update'], what: 'takes the rows over' },
  { name: 'update, giving rows away', commands: ['update'], what: 'gives a row away' },

  { name: 'delete by key', commands: ['select', 'delete'], what: 'deletes by key' },
  { name: 'delete by key, returning', commands: ['select', 'delete'], what: 'deletes by key, returning' },
  { name: 'delete everything', commands: ['delete'], what: 'deletes everything' },
  {
    name: 'delete everything, returning',
    commands: ['select', 'delete'],
    what: 'deletes everything, returning',
  },
  { name: 'delete using a list', commands: ['select', 'delete'], what: 'deletes by a join' },
  {
    name: 'merge, deleting by key',
    commands: ['select', 'delete'],
    what: 'deletes by key, by merge',
    since: 15,
  },
  {
    name: 'merge, deleting what is not named',
    commands: ['select', 'delete'],
    what: 'deletes by key, by merge as what its source does not name',
    since: 17,
  },
] as const satisfies readonly Described[];

export type Act = (typeof matrix)[number];
export type ActName = Act['name'];
