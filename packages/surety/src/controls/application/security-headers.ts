import { randomUUID } from 'node:crypto';
import { control, partly, supports } from '../../core/control.ts';
import { BlindError } from '../../core/error.ts';
import type { See } from '../../core/see.ts';
import { type HttpAnswer, type HttpAsk, headerValues } from '../../targets/http/answer.ts';
import { type AnswerClass, answerClasses } from '../../targets/http/answer-classes.ts';
import { noncesIn, parsePolicies } from '../../targets/http/content-security-policy.ts';
import { isPage, judgeHeaders } from '../../targets/http/security-headers.ts';
import type { HttpTarget } from '../../targets/http/target.ts';

/** Provoked on the live service, by whoever can reach it. */
const live = { method: 'attack' } as const;

export default control({
  claim: 'Every answer carries the security headers, whatever part of the service gives it',
  why: 'Frameworks add headers to what handlers answer; errors raised before routing go out bare.',
  requirements: [
    supports('mp22:4.1', 'the full set is seen on each class of answer'),
    partly('tsc:CC6.6', 'keeps other sites from framing, sniffing and scripting the service'),
    partly('tsc:CC6.7', 'browsers are held to HTTPS'),
  ],
  targets: { api: 'http' },
  touch: 'nothing',
  async prove({ api }, see) {
    const provoked = new Set<string>();
    const answers: HttpAnswer[] = [];
    for (const one of answerClasses) {
      const answer = await provoke(api, one, see);
      if (answer === null) continue;
      seeFindings(`${one.name} (${answer.status})`, answer, hasSession(one), see);
      answers.push(answer);
      if (one.statuses.includes(answer.status)) provoked.add(one.core ?? one.name);
      else see.note(`${one.name}: not provoked`, `answered ${answer.status}`);
    }
    for (const core of new Set(answerClasses.flatMap(({ core }) => core ?? []))) {
      if (!provoked.has(core))
        see.blind(core, 'could not be provoked', {
          hint: 'name a route for it under `probes` of the target',
        });
    }
    await signIns(api, see);
    await freshNonces(api, answers, see);
  },
});

/** The answer, or `null` where there is none, which is said. */
async function provoke(api: HttpTarget, one: AnswerClass, see: See): Promise<HttpAnswer | null> {
  try {
    const ask = one.provoke;
    const answer = ask.by === 'rejection' ? await api.rejected(ask.rejection) : await requested(api, one);
    if (answer === null) see.note(`${one.name}: not provoked`, 'the estate names no route for it');
    return answer;
  } catch (error) {
    if (!(error instanceof BlindError)) throw error;
    see.blind(one.name, error.message, { hint: error.hint });
    return null;
  }
}

async function requested(api: HttpTarget, { provoke: ask }: AnswerClass): Promise<HttpAnswer | null> {
  if (ask.by !== 'request') return null;
  const path = ask.path === 'absent' ? `/${randomUUID()}` : api.probes[ask.path];
  if (path === undefined) return null;
  const request: HttpAsk = {
    path,
    ...(ask.method !== undefined && { method: ask.method }),
    ...(ask.method === 'OPTIONS' && { headers: preflight }),
  };
  if (ask.actor === undefined) return api.request(request);
  const [actor] = api.actors;
  return actor === undefined ? null : (await api.as(actor.name)).request(request);
}

function hasSession({ provoke: ask }: AnswerClass): boolean {
  return ask.by === 'request' && ask.actor === true;
}

const preflight = { origin: 'https://surety.invalid', 'access-control-request-method': 'POST' };

function seeFindings(
  subject: string,
  answer: Pick<HttpAnswer, 'headers'>,
  authenticated: boolean,
  see: See,
): void {
  for (const { header, want, got, holds } of judgeHeaders(answer, authenticated)) {
    see.must(`${subject}: ${header}`, holds, {
      ...live,
      want,
      got,
      hint: 'set it where every answer passes: the proxy, or the socket’s own error handlers too',
    });
  }
}

/** Signing in sets the cookies that matter most. */
async function signIns(api: HttpTarget, see: See): Promise<void> {
  const [actor] = api.actors;
  if (actor === undefined) return;
  const session = await api.as(actor.name).catch((error: unknown) => {
    if (!(error instanceof BlindError)) throw error;
    see.blind('sign-in', error.message, { hint: error.hint });
    return null;
  });
  if (session?.signedIn) seeFindings(`sign-in (${session.signedIn.status})`, session.signedIn, true, see);
}

/** A nonce that an attacker can read beforehand guards nothing. */
async function freshNonces(api: HttpTarget, answers: readonly HttpAnswer[], see: See): Promise<void> {
  const { public: path } = api.probes;
  const nonces = (answer: Pick<HttpAnswer, 'headers'>) =>
    noncesIn(parsePolicies(headerValues(answer, 'content-security-policy')));
  const before = new Set(answers.filter(isPage).flatMap(nonces));
  if (before.size === 0 || path === undefined) return;
  const again = await api.request({ path });
  const repeated = nonces(again).filter((nonce) => before.has(nonce)).length;
  see.must('public answer: a new nonce each time', repeated === 0, {
    ...live,
    want: 'never the same twice',
    got: repeated === 0 ? 'new' : 'the same again',
    hint: 'draw 16 random bytes for each answer',
  });
}
