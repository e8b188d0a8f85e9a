import type { Rejection } from './rejections.ts';

/** A way to provoke one class of answer, and the statuses that show that it was. */
export type AnswerClass = {
  readonly name: string;
  readonly statuses: readonly number[];
  /** Without an answer of this class nobody knows: one per group of the same name is enough. */
  readonly core?: string;
  readonly provoke:
    | { readonly by: 'rejection'; readonly rejection: Rejection }
    | {
        readonly by: 'request';
        readonly path: PathOf;
        readonly method?: 'OPTIONS' | 'HEAD';
        readonly actor?: true;
      };
};

/** Which of the declared paths, or one that surely is not there. */
export type PathOf = 'public' | 'authenticated' | 'forbidden' | 'redirect' | 'failing' | 'absent';

const request = (path: PathOf, more: { method?: 'OPTIONS' | 'HEAD'; actor?: true } = {}) =>
  ({ by: 'request', path, ...more }) as const;
const rejected = (rejection: Rejection) => ({ by: 'rejection', rejection }) as const;

const ok = [200, 201, 202, 203, 204, 206];

/** Every kind of answer that a service gives without being harmed, from handlers, router, parser and socket. */
export const answerClasses: readonly AnswerClass[] = [
  { name: 'public answer', statuses: ok, core: 'an answer 2xx', provoke: request('public') },
  {
    name: 'answer to a session',
    statuses: ok,
    core: 'an answer 2xx',
    provoke: request('authenticated', { actor: true }),
  },
  { name: 'answer to HEAD', statuses: ok, provoke: request('public', { method: 'HEAD' }) },
  {
    name: 'without a session',
    statuses: [401],
    core: 'an answer 401 or 403',
    provoke: request('authenticated'),
  },
  {
    name: 'forbidden',
    statuses: [403],
    core: 'an answer 401 or 403',
    provoke: request('forbidden', { actor: true }),
  },
  { name: 'absent path', statuses: [404], core: 'an answer 404', provoke: request('absent') },
  {
    name: 'absent path, in a session',
    statuses: [404],
    core: 'an answer 404',
    provoke: request('absent', { actor: true }),
  },
  { name: 'redirect', statuses: [301, 302, 303, 307, 308], provoke: request('redirect') },
  { name: 'failure', statuses: [500], provoke: request('failing') },
  {
    name: 'preflight',
    statuses: [...ok, 403, 404, 405],
    provoke: request('authenticated', { method: 'OPTIONS' }),
  },
  {
    name: 'bad request line',
    statuses: [400],
    core: 'an answer 400 to malformed HTTP',
    provoke: rejected('bad request line'),
  },
  { name: 'missing host', statuses: [400], provoke: rejected('missing host') },
  { name: 'headers too large', statuses: [400, 413, 431], provoke: rejected('headers too large') },
  { name: 'bad percent-encoding', statuses: [400], provoke: rejected('bad percent-encoding') },
  { name: 'unmet expectation', statuses: [417], provoke: rejected('unmet expectation') },
  { name: 'unused method', statuses: [405, 501], provoke: rejected('unused method') },
  { name: 'refused upgrade', statuses: [400, 401, 403, 404, 426], provoke: rejected('refused upgrade') },
  { name: 'malformed body', statuses: [400, 422], provoke: rejected('malformed body') },
  { name: 'unlisted content type', statuses: [415], provoke: rejected('unlisted content type') },
  { name: 'body too large', statuses: [413], provoke: rejected('body too large') },
];
