// Written by `npm run generate` from the folder; edit the files it lists, not this one.

import { apply } from './apply.ts';
import { attest } from './attest.ts';
import { demo } from './demo.ts';
import { except } from './except.ts';
import { init } from './init.ts';
import { plan } from './plan.ts';
import { prove } from './prove.ts';
import { report } from './report.ts';
import { selftest } from './selftest.ts';
import { undo } from './undo.ts';
import { verify } from './verify.ts';
import type { Verb } from './verb.ts';

export const verbs: readonly Verb[] = [apply, attest, demo, except, init, plan, prove, report, selftest, undo, verify];
