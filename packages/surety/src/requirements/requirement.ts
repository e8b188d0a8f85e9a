import type { Freshness } from '@surety/evidence';

export type Framework = 'mp22' | 'phase7' | 'tsc';

/** One line of a framework or checklist, in our own words. */
export type Requirement = {
  /** `tsc:CC6.1`, `mp22:2.5`, `phase7:rls.fail-safe`. */
  readonly id: string;
  readonly framework: Framework;
  /** As a heading: the framework's own number where it has one. */
  readonly section: string;
  /** What has to be true. Where the document's line is wrong, what should stand there instead. */
  readonly claim: string;
  /** How old a proof of it may grow. */
  readonly freshness: Freshness;
  /** Whether a machine can find out, or only a person can say so. */
  readonly answeredBy: 'control' | 'person';
  /** Set where the document's line is wrong or outdated: why, and the requirement that answers in its place, if one does. */
  readonly superseded?: { readonly reason: string; readonly by?: string };
  /** What to know before believing a tick on this line. */
  readonly note?: string;
};

type Line =
  | string
  | (Pick<Requirement, 'claim' | 'superseded' | 'note'> &
      Partial<Pick<Requirement, 'freshness' | 'answeredBy'>>);

type Defaults = Partial<Pick<Requirement, 'freshness' | 'answeredBy'>>;

/** The lines of one section by the part of their id after the colon. Unless said otherwise, a control answers within 24 hours. */
export function section(
  framework: Framework,
  title: string,
  lines: { readonly [name: string]: Line },
  defaults: Defaults = {},
): readonly Requirement[] {
  return Object.entries(lines).map(([name, line]) => ({
    id: `${framework}:${name}`,
    framework,
    section: title,
    freshness: '24h',
    answeredBy: 'control',
    ...defaults,
    ...(typeof line === 'string' ? { claim: line } : line),
  }));
}
