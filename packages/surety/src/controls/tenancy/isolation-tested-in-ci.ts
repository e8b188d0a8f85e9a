import { control, partly, supports } from '../../core/control.ts';
import type { See } from '../../core/see.ts';
import type { Answer } from '../../targets/repo/ci/answer.ts';
import { triggers } from '../../targets/repo/ci/condition.ts';
import {
  type IsolationTests,
  readIsolationTests,
  roleIsBound,
  runsAfter,
} from '../../targets/repo/ci/isolation.ts';
import { type Level, levels, type Suite } from '../../targets/repo/ci/suite.ts';

export default control({
  claim:
    'Tests that tenants do not see each other run on push, pull request and every night, with policies on, and can fail',
  why: 'A suite that CI skips, forgives or runs as a superuser is green whatever the code does.',
  requirements: [
    supports('phase7:isolation.in-ci', 'each suite is run by a step whose failure counts'),
    supports('phase7:checklist.isolation.in-ci', 'a workflow runs them on push, pull request and schedule'),
    supports('phase7:checklist.isolation.tests-exist', 'suites are found by what they test'),
    supports('phase7:files.isolation-test', 'the file is there, wherever it is, and is run'),
    partly('phase7:checklist.isolation.with-policies', 'as a role that policies bind'),
    partly('phase7:checklist.isolation.e2e', 'wants a suite through the browser where there is a web app'),
    partly('phase7:isolation.complements-rls', 'wants one suite in SQL and one over HTTP'),
    partly('phase7:isolation.integration-test', 'the role is not a superuser'),
    partly('phase7:validation.isolation-with-rls', 'as a role that policies bind'),
    partly('phase7:monitoring.isolation-nightly', 'a schedule starts them; whether it did is not seen'),
    partly('tsc:CC7.1', 'a change that breaks isolation is found before it is merged'),
    partly('tsc:CC4.1', 'the control is tested with each change and each night'),
  ],
  targets: { repo: 'repo' },
  touch: 'nothing',
  async prove({ repo }, see) {
    const files = await repo.files(() => true);
    if (files.doubt !== null)
      see.blind('files', files.doubt, { hint: 'point path: at a whole checkout, not a sparse one' });
    await see.population('files', files);
    const found = await readIsolationTests(repo);
    for (const { path, why } of found.unread) see.blind(path, why, { hint: `correct ${path}` });
    for (const level of levels) seeLevel(level, found, files.doubt, see);
    for (const suite of found.suites) seeSuite(suite, found, see);
    see.note('last runs', 'not looked at: what became of them stands at the forge');
  },
});

function seeLevel(
  level: Level,
  { suites, testFiles, webApps }: IsolationTests,
  doubt: string | null,
  see: See,
): void {
  const subject = `a suite ${how[level]}`;
  const files = suites.filter((suite) => suite.levels.includes(level)).map(({ path }) => path);
  if (level === 'browser' && files.length === 0 && webApps.length === 0) {
    see.notApplicable(subject, 'no package has a web app');
    return;
  }
  if (files.length === 0 && doubt !== null) {
    see.blind(subject, doubt);
    return;
  }
  see.must(subject, files.length > 0, {
    want: 'at least one',
    got: files.length > 0 ? files.join(', ') : `none among ${testFiles} files of tests`,
    hint: 'write one: two tenants with rows of their own, each sees all of them and none of the other’s',
  });
}

const how: Readonly<Record<Level, string>> = {
  SQL: 'in SQL',
  HTTP: 'over HTTP',
  browser: 'through the browser',
};

function seeSuite(suite: Suite, found: IsolationTests, see: See): void {
  const { path, skipped, skippedSometimes, asserts } = suite;
  see.equal(`${path}: marks that keep tests from running`, 0, skipped, {
    hint: 'take away .skip, .todo and .only',
  });
  if (skippedSometimes > 0) {
    see.blind(
      `${path}: tests skipped on a condition`,
      `${skippedSometimes} of them, and it is not followed`,
      {
        hint: 'fail where the condition does not hold, instead of skipping',
      },
    );
  }
  see.must(`${path}: can fail`, asserts, {
    want: 'it asserts something',
    got: asserts ? 'it does' : 'it does not',
  });
  const answers = triggers.map((trigger) => {
    const answer = runsAfter(trigger, suite, found);
    const hint = `let a step name it: node --test ${path}`;
    seeAnswer(
      `${path}: runs on ${trigger === 'nightly' ? 'a nightly schedule' : trigger}`,
      answer,
      found,
      hint,
      see,
    );
    return answer;
  });
  if (answers.every(({ kind }) => kind === 'no')) return;
  const hint = 'connect as the role of the API, and let the suite ask: select rolsuper or rolbypassrls …';
  seeAnswer(`${path}: policies bind its role`, roleIsBound(suite, found), found, hint, see);
}

function seeAnswer(
  subject: string,
  answer: Answer,
  { unfollowed, workflows }: IsolationTests,
  hint: string,
  see: See,
): void {
  // What is called or kept elsewhere may do what was not found here.
  const afar = answer.kind === 'no' && answer.elsewhere && unfollowed.length > 0;
  if (afar) see.blind(subject, `${unfollowed.join(', ')}: not followed`, { hint });
  else if (answer.kind === 'unknown') see.blind(subject, answer.why, { hint });
  else if (answer.kind === 'yes') see.must(subject, true);
  else {
    const got = workflows.length === 0 ? 'there is no workflow' : answer.why;
    see.must(subject, false, { want: 'yes', got, hint });
  }
}
