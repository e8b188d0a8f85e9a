import type { Attempt } from '@surety/evidence';
import { reachesOutside } from '../catalog/triggers.ts';
import type { Command, Party } from '../types.ts';
import { give, insert, readAll, readByKey, remove, take, update } from './acts.ts';
import { broken, fromError, type Outcome } from './outcome.ts';
import type { Stance } from './stance.ts';

/** A party that acts for real, and whose every act is taken back. */
export function makeParty(stance: Stance): Party {
  const act = (name: string, command: Command, work: () => Promise<Outcome>) =>
    attempt(stance, `${stance.tie.relation}: ${name}`, command, work);
  const whole = (where: boolean) => (where ? 'by key' : 'everything');
  const back = (returning: boolean) => (returning ? ', returning' : '');
  return {
    actor: stance.actor,
    read: ({ where = false } = {}) =>
      act(`read ${whole(where)}`, 'select', () => (where ? readByKey(stance) : readAll(stance))),
    insert: ({ returning = false } = {}) =>
      act(`insert${back(returning)}`, 'insert', () => insert(stance, returning)),
    update: ({ where = false, returning = false } = {}) =>
      act(`update ${whole(where)}${back(returning)}`, 'update', () => update(stance, { where, returning })),
    move: (direction) =>
      direction === 'take'
        ? act('update, taking rows', 'update', () => take(stance))
        : act('update, giving rows away', 'update', () => give(stance)),
    delete: ({ where = false, returning = false } = {}) =>
      act(`delete ${whole(where)}${back(returning)}`, 'delete', () => remove(stance, { where, returning })),
  };
}

async function attempt(
  { session, become, actor, tie, missing }: Stance,
  act: string,
  command: Command,
  work: () => Promise<Outcome>,
): Promise<Attempt> {
  const trigger = reachesOutside(tie.relation, command);
  const obstacle =
    trigger === null
      ? missing
      : `trigger ${trigger.name} reaches outside of the database, so it is not fired`;
  const tried = async (): Promise<Outcome> => {
    await become();
    return work();
  };
  const { result, detail } =
    obstacle === null ? await session.undone(tried).catch(fromError) : broken(obstacle);
  return { act, actor, method: 'attack', result, detail };
}
