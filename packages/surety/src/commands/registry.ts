// Written by `npm run generate` from the folder; edit the files it lists, not this one.

import type { NamedVerb } from './verb.ts';

/** Every verb. Loaded one at a time: `verify` has no use for what `prove` attacks with. */
export const verbs: readonly NamedVerb[] = [
  {
    name: 'apply',
    summary: 'carry out planned changes, after counting what they would cost and trying them on a copy',
    load: async () => (await import('./apply.ts')).apply,
  },
  {
    name: 'attest',
    summary: 'say, signed with your own SSH key, what only a person can say',
    load: async () => (await import('./attest.ts')).attest,
  },
  {
    name: 'backup',
    summary: 'dump a database into every store at once, encrypted and signed, and remove what retention lets go',
    load: async () => (await import('./backup.ts')).backup,
  },
  {
    name: 'demo',
    summary: 'start the example estate on this machine, prove everything, and watch a sabotage being caught',
    load: async () => (await import('./demo.ts')).demo,
  },
  {
    name: 'drill',
    summary: 'restore a backup into a server that is thrown away, try everything on it, and measure',
    load: async () => (await import('./drill.ts')).drillVerb,
  },
  {
    name: 'except',
    summary: 'accept a risk for a while: the owner asks, another person approves',
    load: async () => (await import('./except.ts')).except,
  },
  {
    name: 'export',
    summary: 'hand evidence over: a log as one file that `verify` takes',
    load: async () => (await import('./export.ts')).exportVerb,
  },
  {
    name: 'init',
    summary: 'look at this folder and write surety.config.ts, keys and ignore rules',
    load: async () => (await import('./init.ts')).init,
  },
  {
    name: 'plan',
    summary: 'show the changes that would make a claim true, and what they would cost; changes nothing',
    load: async () => (await import('./plan.ts')).plan,
  },
  {
    name: 'prove',
    summary: 'attack the estate, judge what was seen, and sign it into the log',
    load: async () => (await import('./prove.ts')).prove,
  },
  {
    name: 'report',
    summary: 'what the log says now: by control, by requirement, by period, or beside your own checklist',
    load: async () => (await import('./report.ts')).report,
  },
  {
    name: 'restore',
    summary: 'restore a verified backup into a new database, compare it, and swap it in; the former one is kept',
    load: async () => (await import('./restore.ts')).restore,
  },
  {
    name: 'selftest',
    summary: 'break scratch systems on purpose, and see that every control notices',
    load: async () => (await import('./selftest.ts')).selftest,
  },
  {
    name: 'undo',
    summary: 'take back applied changes, by the steps that were recorded with them',
    load: async () => (await import('./undo.ts')).undo,
  },
  {
    name: 'verify',
    summary: 'check a log or a bundle offline, as a stranger would',
    load: async () => (await import('./verify.ts')).verify,
  },
];
