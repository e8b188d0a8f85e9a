import { BlindError } from '../../../core/error.ts';

/** Why one table could not be attacked; the others can. */
export class UntriedError extends BlindError {}
