import { z } from 'zod';

const path = z.string().regex(/^\/[^\s]*$/, 'a path that starts with /');
const pointer = z.string().regex(/^(\/[^/]*)*$/, 'a JSON pointer: empty, or /items/0/id');

const actor = z
  .strictObject({
    tenant: z
      .string()
      .min(1)
      .describe('the tenant that the actor belongs to: the id that the database knows'),
    signIn: z
      .strictObject({
        path: path.describe('where to sign in, by POST'),
        body: z.record(z.string(), z.json()).describe('the JSON body; its secrets by env() or file()'),
        token: pointer
          .optional()
          .describe('where in the answer the bearer token is: /accessToken. Left out: the cookies it sets'),
      })
      .optional()
      .describe('how the actor signs in. Leaves a session behind, and no more'),
    token: z.string().min(1).optional().describe('a bearer token that is already there, by env() or file()'),
    headers: z.record(z.string(), z.string()).optional().describe('headers on each of the actor’s requests'),
  })
  .refine(
    (one) => one.signIn ?? one.token ?? one.headers,
    'say how the actor gets in: signIn, token or headers',
  );

const collection = z.strictObject({
  path: path.describe('a GET that lists the actor’s own rows'),
  rows: pointer
    .default('')
    .describe('where in the answer the rows are: /items. Default: the answer is the list'),
  id: z.string().default('id').describe('the field of a row that names it. Default: id'),
  table: z.string().optional().describe('the table behind it: public.accounts'),
});

const probes = z.strictObject({
  public: path.optional().describe('a GET that answers 2xx to everybody: /health'),
  authenticated: path
    .optional()
    .describe('a GET that wants a session: /accounts. Default: the first collection'),
  forbidden: path.optional().describe('a GET that answers 403 to the first actor: /admin'),
  redirect: path.optional().describe('a GET that answers 3xx'),
  failing: path.optional().describe('a GET that answers 500 on purpose, where there is one'),
  slow: path
    .optional()
    .describe('a GET that the service breaks off by its own limit of time: a statement that takes too long'),
  violating: z
    .strictObject({
      path,
      method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
      body: z.json().optional(),
    })
    .optional()
    .describe(
      'a request of an actor that the database refuses, by a constraint or a policy, whoever sends it: it is ' +
        'rolled back and changes nothing',
    ),
  upgrade: path.optional().describe('a WebSocket path. Default: /'),
  write: z
    .strictObject({ path, method: z.enum(['POST', 'PUT', 'PATCH']).default('POST') })
    .optional()
    .describe('a route with a JSON body; sent nothing that passes its parser: /auth/sign-in'),
});

/** What the estate says of an HTTP service. */
export const httpFacts = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'an https:// URL, please' })
    .describe('where the service answers: https://api.example.com, or with a path that all routes share'),
  ca: z
    .string()
    .min(1)
    .optional()
    .describe('the CA that signs its certificate: PEM text, or a path. Default: the system’s'),
  database: z.string().optional().describe('name of the postgres target behind it'),
  timeout: z
    .int()
    .min(100)
    .max(60_000)
    .default(10_000)
    .describe('milliseconds that one answer may take. Default: 10000'),
  requests: z
    .int()
    .min(100)
    .max(100_000)
    .default(2_000)
    .describe('how many requests one control may send where many are needed. Default: 2000'),
  actors: z
    .record(z.string(), actor)
    .default({})
    .describe('who signs in for us, by name: two of different tenants for attacks between tenants'),
  collections: z.array(collection).default([]).describe('GETs that list the actor’s own rows'),
  probes: probes.default({}).describe('routes on which answers of each class can be provoked'),
  version: z
    .strictObject({
      path: path.default('/'),
      header: z.string().optional().describe('a response header that holds the version: x-version'),
      value: pointer.optional().describe('where in the JSON answer the version is: /commit'),
    })
    .refine((one) => (one.header === undefined) !== (one.value === undefined), 'give one: header or value')
    .optional()
    .describe('a GET that says which version runs, so that a proof of another one is stale'),
});

export type HttpFacts = z.infer<typeof httpFacts>;
export type HttpActor = HttpFacts['actors'][string];
export type HttpCollection = HttpFacts['collections'][number];
export type HttpProbes = HttpFacts['probes'];
