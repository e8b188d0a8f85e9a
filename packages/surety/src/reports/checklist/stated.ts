import { meaningOf } from './claim.ts';
import type { Heading, Line } from './document.ts';

/** `**Status**: Complete` above the first item. */
export type Headline = { readonly index: number; readonly claimed: string; readonly isDone: boolean };

export function headlineOf(lines: readonly Line[], prose: readonly number[]): Headline | null {
  for (const index of prose) {
    const text = (lines[index]?.text ?? '').replace(/[*_`]/g, '');
    const claimed = /^\W*status\s*:\s*(\S.*)$/i.exec(text)?.[1]?.trim();
    if (claimed !== undefined) return { index, claimed, isDone: meaningOf(claimed) === 'done' };
  }
  return null;
}

/** `23% complete`, of the whole document or of one section. */
export type Percentage = {
  readonly index: number;
  readonly percent: number;
  /** `null`: of the whole document. */
  readonly section: Heading | null;
};

/** Percentages of completion, where it is clear what they are of. */
export function percentagesOf(
  lines: readonly Line[],
  prose: readonly number[],
  sections: readonly Heading[],
): readonly Percentage[] {
  return prose.flatMap((index) =>
    sentences(lines[index]?.text ?? '').flatMap((sentence): readonly Percentage[] => {
      const whole = /\b(?:overall|readiness|total|completion)\b/i.test(sentence);
      const done = /(\d{1,3}(?:\.\d+)?)\s?%\s*(?:complete|completed|done|ready|finished|implemented)\b/i;
      const stated = done.exec(sentence)?.[1] ?? (whole ? /(\d{1,3})\s?%/.exec(sentence)?.[1] : undefined);
      if (stated === undefined) return [];
      if (whole) return [{ index, percent: Number(stated), section: null }];
      const meant = sections.filter((section) => mentions(sentence, section));
      const [section] = meant;
      return meant.length === 1 && section !== undefined ? [{ index, percent: Number(stated), section }] : [];
    }),
  );
}

function sentences(text: string): readonly string[] {
  return text.includes('%') ? text.split(/(?<=[.!?])\s+/) : [];
}

function mentions(sentence: string, { text }: Heading): boolean {
  const first = sectionName(text).split(/[^\p{L}\p{N}]+/u)[0] ?? '';
  return first.length > 3 && new RegExp(`(?<!\\p{L})${first}(?!\\p{L})`, 'iu').test(sentence);
}

/** A heading without its numbering, for comparing: `5. Monitoring & Response` → `monitoring and response`. */
export function sectionName(text: string): string {
  return text
    .replace(/[*_`]/g, '')
    .replace(/^\s*(?:section\s+)?\d+(?:\.\d+)*[.):]?\s+/i, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?& ?/g, ' and ')
    .trim()
    .toLowerCase();
}
