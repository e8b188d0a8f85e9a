import { readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import { z } from 'zod';
import type { Budget } from './budget.ts';

/** A tenant at the API, signed in once. */
export type Visitor = {
  /** What a list shows; `null` where it was not answered by 200. */
  list(path: string): Promise<readonly unknown[] | null>;
  leave(): Promise<void>;
};

const page = z.object({ items: z.array(z.unknown()) });
const token = z.object({ accessToken: z.string() });

export async function visit({ env }: Pick<Budget, 'env'>, signal: AbortSignal): Promise<Visitor> {
  const { API_URL: url = '', ALICE_EMAIL: email = '', DEMO_PASSWORD: password = '' } = env;
  const dispatcher = new Agent({ connect: { ca: await readFile(env.BUDGET_CA_FILE ?? '', 'utf8') } });
  const { body } = await request(new URL('/auth/sign-in', url), {
    dispatcher,
    signal,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  const { accessToken } = token.parse(await body.json());
  return {
    async list(path) {
      const answer = await request(new URL(path, url), {
        dispatcher,
        signal,
        headers: { authorization: `Bearer ${accessToken}` },
      });
      const said = await answer.body.json();
      return answer.statusCode === 200 ? page.parse(said).items : null;
    },
    leave: () => dispatcher.close(),
  };
}
