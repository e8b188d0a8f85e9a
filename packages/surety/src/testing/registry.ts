// Written by `npm run generate` from the folder; edit the files it lists, not this one.

import type { Specimens } from './specimens.ts';

/** The specimens of each control, by its id. */
export const specimens: ReadonlyMap<string, Specimens> = new Map<string, Specimens>([
]);
