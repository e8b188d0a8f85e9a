import { type Estate, type EstateTarget, remoteHosts } from './estate.ts';

/** Why targets beyond this machine may not be attacked or changed now; `null` where they may, or are all here. */
export function whyUnauthorised(
  { authorised }: Pick<Estate, 'authorised'>,
  targets: readonly EstateTarget[],
  what: 'attacks' | 'changes',
  now: Date,
): { readonly fact: string; readonly hint: string } | null {
  const remote = targets.flatMap(remoteHosts);
  if (remote.length === 0) return null;
  if (authorised === null) {
    return {
      fact: `${remote.join(', ')} is not on this machine, and nobody has authorised ${what} there`,
      hint: "add authorised: { by: 'name', until: 'YYYY-MM-DD' } to surety.config.ts",
    };
  }
  if (authorised.until <= now) {
    return {
      fact: `${remote.join(', ')} is not on this machine, and the authorisation by ${authorised.by} ended on ${authorised.until.toISOString().slice(0, 10)}`,
      hint: 'renew authorised.until in surety.config.ts',
    };
  }
  return null;
}
