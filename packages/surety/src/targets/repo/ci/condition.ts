import { type Answer, both, either, no, unknown, yes } from './answer.ts';

/** What makes CI run: a push, a change to a pull request, the clock at night. */
export const triggers = ['push', 'pull request', 'nightly'] as const;
export type Trigger = (typeof triggers)[number];

/** As `github.event_name` has it. */
const eventNames: Readonly<Record<Trigger, string>> = {
  push: 'push',
  'pull request': 'pull_request',
  nightly: 'schedule',
};

/** Whether `if:` lets it run after that trigger, when all before it went well. Parentheses are not followed. */
export function condition(given: unknown, trigger: Trigger): Answer {
  if (given === undefined || given === null || given === true) return yes;
  if (given === false) return no('if: false');
  if (typeof given !== 'string') return unknown('if: is no condition');
  const text = given.replace(/^\s*\$\{\{(.*)\}\}\s*$/s, '$1').trim();
  if (/[()]/.test(text.replace(/\b(?:always|success|failure|cancelled)\(\)/g, '')))
    return unknown(`if: ${text} is not followed`);
  const any = text
    .split('||')
    .map((part) => both(...part.split('&&').map((one) => term(one.trim(), trigger))));
  return either(any, 'if: is empty');
}

function term(text: string, trigger: Trigger): Answer {
  if (/^(true|always\(\)|success\(\)|!\s*cancelled\(\)|!\s*failure\(\))$/.test(text)) return yes;
  if (/^(false|failure\(\)|cancelled\(\))$/.test(text)) return no(`if: ${text}`);
  const [, operator, event] = /^github\.event_name\s*(==|!=)\s*'([^']*)'$/.exec(text) ?? [];
  if (operator === undefined) return unknown(`if: ${text} is not followed`);
  const same = event === eventNames[trigger];
  return same === (operator === '==') ? yes : no(`if: ${text}`);
}

/** Whether a failure goes unnoticed: `continue-on-error`. */
export function canFail(given: unknown): Answer {
  if (given === undefined || given === null || given === false) return yes;
  return given === true ? no('continue-on-error') : unknown('continue-on-error hangs on an expression');
}
