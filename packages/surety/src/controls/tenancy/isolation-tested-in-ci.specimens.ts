import { scratchRepo } from '../../testing/scratch-repo.ts';
import { specimens } from '../../testing/specimens.ts';
import isolationTestedInCi from './isolation-tested-in-ci.ts';

const suite = `import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { call, database } from '../running.ts';

// it.skip is for other suites.
describe('tenant isolation', () => {
  it('user A cannot see accounts of user B over HTTP', async () => {
    assert.deepEqual(await call('/accounts', 'bob'), []);
  });
  it('user A cannot see accounts of user B in SQL', async () => {
    await database.query("select set_config('app.current_user_id', $1, true)", ['bob']);
    assert.equal((await database.query('select from accounts')).rowCount, 0);
  });
});
`;
const running = `export const call = (path, who) => fetch(path, { headers: { authorization: 'Bearer ' + who } });
export const database = connect(process.env.DATABASE_URL);
`;
const manifest = (scripts: object): string => JSON.stringify({ name: 'shop', private: true, scripts });
const workflow = `name: ci
on:
  push:
  pull_request:
  schedule:
    - cron: "17 3 * * *"
jobs:
  audit:
    runs-on: ubuntu-24.04
    steps:
      - run: npm audit --audit-level=high
  test:
    runs-on: ubuntu-24.04
    needs: [audit]
    services:
      db:
        image: postgres:17
        env:
          POSTGRES_USER: root
    env:
      DATABASE_ADMIN_URL: postgresql://root:x@localhost/shop
      DATABASE_URL: postgresql://shop_api:x@localhost/shop
    steps:
      - uses: actions/checkout@v5
      - run: npm ci --ignore-scripts
      - name: Isolation
        run: npm test
`;
const ci = '.github/workflows/ci.yml';
const spec = 'test/integration/isolation.spec.ts';
const edited = (from: string, to: string) => ({ write: { [ci]: workflow.replace(from, to) } });
const scripted = (script: string) => ({ write: { 'package.json': manifest({ test: script }) } });
const tested = (from: string, to: string) => ({ write: { [spec]: suite.replace(from, to) } });
const started = (on: string) =>
  edited(workflow.slice(workflow.indexOf('on:'), workflow.indexOf('jobs:')), on);

export default specimens({
  control: isolationTestedInCi,
  on: () =>
    scratchRepo(
      {
        [ci]: workflow,
        [spec]: suite,
        'test/running.ts': running,
        'test/sum.spec.ts': `import { it } from 'node:test';\nit.skip('adds', () => {});\n`,
        'package.json': manifest({
          test: 'npm run -s build && node --test "test/**/*.spec.ts"',
          build: 'tsc',
        }),
      },
      {
        blinding: {
          'a runner that is not followed': scripted('make check-all-tests'),
          'a condition that is not followed': edited(
            'needs: [audit]',
            `needs: [audit]\n    if: contains(github.event.head_commit.message, 'test')`,
          ),
          'a push to some paths only': started(
            `on:\n  push:\n    paths: ['apps/**']\n  pull_request:\n  schedule:\n    - cron: '1 1 * * *'\n`,
          ),
          'a script with branches': edited('run: npm test', 'run: if true; then npm test; fi'),
          'a workflow that is no YAML': { write: { [ci]: 'on: [push\n  jobs: {' } },
          'another forge': { write: { [ci]: null, '.gitlab-ci.yml': 'test:\n  script: npm test\n' } },
          'nothing says as which role': edited(
            'DATABASE_URL: postgresql://shop_api:x@localhost/shop',
            'CI: yes',
          ),
          'a test skipped where a variable is missing': tested(
            `it('user A cannot see accounts of user B in SQL', async`,
            `it('user A cannot see accounts of user B in SQL', { skip: !process.env.DATABASE_URL }, async`,
          ),
        },
      },
    ),
  lookalikes: {
    'three workflows, one for each trigger': {
      break: {
        write: {
          [ci]: null,
          '.github/workflows/push.yml': workflow.replace(/ {2}pull_request:\n {2}schedule:\n.*\n/, ''),
          '.github/workflows/pr.yml': workflow.replace(/ {2}push:\n/, '').replace(/ {2}schedule:\n.*\n/, ''),
          '.github/workflows/nightly.yml': workflow.replace(/ {2}push:\n {2}pull_request:\n/, ''),
        },
      },
    },
    'triggers as a list, and a schedule on weekdays': {
      break: {
        write: {
          [ci]: workflow.replace(/on:\n[\s\S]*?jobs:/, 'on: [push, pull_request]\njobs:'),
          '.github/workflows/nightly.yml': workflow
            .replace(/ {2}push:\n {2}pull_request:\n/, '')
            .replace('17 3 * * *', '17 3 * * MON-FRI'),
        },
      },
    },
    'the file by its name': { break: edited('npm test', `node --test ${spec}`) },
    'from its own folder': {
      break: edited('npm test', 'cd test && node --test integration/isolation.spec.ts'),
    },
    'conditions that hold, and a failure that ends it': {
      break: edited('run: npm test', `if: success() || always()\n        run: npm test || exit 1`),
    },
    'in a workspace': {
      break: {
        write: {
          [ci]: workflow.replace('npm test', 'npm test -w api'),
          [spec]: null,
          'api/test/isolation.spec.ts': suite,
          'api/running.ts': running,
          'api/package.json': JSON.stringify({ name: 'api', scripts: { test: 'vitest run' } }),
        },
      },
    },
    'output kept by tee, with pipefail': {
      break: edited('run: npm test', 'shell: bash\n        run: npm test 2>&1 | tee out.txt'),
    },
    'a superuser, and a suite that asks who it is': {
      break: {
        write: {
          [ci]: workflow.replace('shop_api:x', 'root:x'),
          [spec]: `${suite}\nit('is bound', async () => assert.equal((await database.query('select rolsuper from pg_roles')).rows[0].rolsuper, false));`,
        },
      },
    },
    'a web app with a suite through the browser': {
      break: {
        write: {
          'web/package.json': JSON.stringify({ name: 'web', dependencies: { next: '16.0.0' } }),
          'e2e/isolation.e2e.ts': `import { expect, test } from '@playwright/test';\ntest('user A sees nothing of user B', async ({ page }) => expect(await page.title()).toBe('x'));`,
          [ci]: workflow.replace(
            'npm test',
            'npm test\n      - run: npx playwright test e2e/isolation.e2e.ts',
          ),
        },
      },
    },
  },
  sabotages: {
    'a failure thrown away': {
      break: edited('run: npm test', 'run: npm test || true'),
      names: '|| true throws its failure away',
    },
    'a failure thrown away in a script of the package': {
      break: scripted('node --test "test/**/*.spec.ts" || echo failed'),
      names: '|| echo throws its failure away',
    },
    'a failure lost in a pipe': {
      break: edited('npm test', 'npm test | tee out.txt'),
      names: 'lost in a pipe',
    },
    'what follows decides': {
      break: edited('run: npm test', 'run: |\n          set +e\n          npm test\n          echo done'),
      names: 'what follows it decides',
    },
    'a step whose failure is no failure': {
      break: edited('run: npm test', 'run: npm test\n        continue-on-error: true'),
      names: 'continue-on-error',
    },
    'a job whose failure is no failure': {
      break: edited('needs: [audit]', 'needs: [audit]\n    continue-on-error: true'),
      names: 'continue-on-error',
    },
    'a job that is switched off': { break: edited('needs: [audit]', 'if: false'), names: 'if: false' },
    'a job that needs one which is switched off': {
      break: edited('  audit:\n', `  audit:\n    if: \${{ false }}\n`),
      names: 'if: false',
    },
    'not on pull requests': {
      break: edited('needs: [audit]', `if: github.event_name != 'pull_request'`),
      names: 'runs on pull request',
    },
    'no schedule': { break: started('on: [push, pull_request]\n'), names: 'runs on a nightly schedule' },
    'a schedule once a week': {
      break: edited('17 3 * * *', '17 3 * * 0'),
      names: 'its schedule is not nightly',
    },
    'pull requests from outside only': {
      break: started(`on:\n  push:\n  pull_request_target:\n  schedule:\n    - cron: '1 1 * * *'\n`),
      names: 'runs on pull request',
    },
    'a script that looks elsewhere': {
      break: scripted('node --test "test/unit/**/*.spec.ts"'),
      names: `${spec}: runs on push`,
    },
    'the step taken away': {
      break: edited('run: npm test', 'run: npm run lint'),
      names: `${spec}: runs on push`,
    },
    'no workflow at all': { break: { write: { [ci]: null } }, names: 'there is no workflow' },
    'a suite that is skipped': {
      break: tested('describe(', 'describe.skip('),
      names: 'marks that keep tests from running',
    },
    'a test that is left for later': {
      break: tested(
        `it('user A cannot see accounts of user B in SQL', async`,
        `it('user A cannot see accounts of user B in SQL', { todo: true }, async`,
      ),
      names: 'marks that keep tests from running',
    },
    'one test that keeps the others from running': {
      break: tested(
        `it('user A cannot see accounts of user B over`,
        `it.only('user A cannot see accounts of user B over`,
      ),
      names: 'marks that keep tests from running',
    },
    'a suite that asserts nothing': {
      break: {
        write: { [spec]: suite.replace(/import assert.*\n/, '').replace(/assert\.\w+\(/g, 'console.log(') },
      },
      names: `${spec}: can fail`,
    },
    'as the superuser': {
      break: edited('postgresql://shop_api:x', 'postgresql://root:x'),
      names: 'policies bind its role',
    },
    'as the superuser, in the script': {
      break: edited('run: npm test', 'run: DATABASE_URL=postgresql://postgres@localhost/shop npm test'),
      names: 'policies bind its role',
    },
    'no suite in SQL': { break: tested('set_config(', 'identity('), names: 'a suite in SQL' },
    'no suite': { break: { write: { [spec]: null } }, names: 'a suite over HTTP' },
    'a web app, and no suite through the browser': {
      break: { write: { 'web/package.json': JSON.stringify({ dependencies: { next: '16.0.0' } }) } },
      names: 'a suite through the browser',
    },
  },
});
