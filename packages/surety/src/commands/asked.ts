import type { Job } from '../core/run.ts';

/** Whether a word of the command line means this control: `tenancy`, `tenancy/isolated`. */
export function meansControl(asked: string, id: string): boolean {
  return id === asked || id.startsWith(`${asked}/`);
}

/** Whether it means this job: by its control, its binding, or one of the targets in that. */
export function meansJob(asked: string, { registered, binding }: Job): boolean {
  return (
    meansControl(asked, registered.ref.id) ||
    binding.name === asked ||
    Object.values(binding.targets).some(({ name }) => name === asked)
  );
}

/** The control of a single change, `tenancy/isolated:budget-db:accounts`; `null` for a word that names no change. */
export function controlNamedBy(asked: string): string | null {
  const colon = asked.indexOf(':');
  return colon < 0 ? null : asked.slice(0, colon);
}
