// Written by `npm run generate` from the folder; edit the files it lists, not this one.

import type { Kinds } from '../core/estate.ts';
import type { OpenableKind } from '../core/target.ts';
import backup from './backup/target.ts';
import http from './http/target.ts';
import postgres from './postgres/target.ts';
import repo from './repo/target.ts';
import service from './service/target.ts';
import tls from './tls/target.ts';

const all: readonly OpenableKind[] = [backup, http, postgres, repo, service, tls];

/** Every kind of target, by its name in the estate. */
export const kinds: Kinds = new Map(all.map((kind) => [kind.kind, kind]));
