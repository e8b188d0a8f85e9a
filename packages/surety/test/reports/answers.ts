import type { Status } from '@surety/evidence';
import type { Answer, Answers } from '../../src/reports/answer.ts';

/** `{ 'mp22:3.1': 'proven network/tls', 'mp22:4.1': 'failing application/csrf in part' }` */
export function answers(told: { readonly [requirement: string]: `${Status} ${string}` }): Answers {
  return new Map(
    Object.entries(told).map(([requirement, text]): [string, Answer] => {
      const [word = '', id = '', ...rest] = text.split(' ');
      const status = statusNamed(word);
      const coverage = rest.length > 0 ? 'part' : 'whole';
      const relation = rest.length > 0 ? 'partly' : 'supports';
      const control = { id, relation, reason: 'because it does', status, because: 'seen today' } as const;
      return [requirement, { status, coverage, controls: [control] }];
    }),
  );
}

function statusNamed(word: string): Status {
  switch (word) {
    case 'proven':
    case 'failing':
    case 'stale':
    case 'unknown':
    case 'attested':
    case 'excepted':
    case 'not-applicable':
      return word;
    default:
      throw new Error(`no status is called ${word}`);
  }
}
