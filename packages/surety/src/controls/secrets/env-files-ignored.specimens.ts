import { scratchRepo } from '../../testing/scratch-repo.ts';
import { specimens } from '../../testing/specimens.ts';
import envFilesIgnored from './env-files-ignored.ts';

// Made up; built from parts so that nothing that scans this file takes it for real.
const canary = ['sk', 'live', 'c4n4ryQ8vT2mXw7LpZ'].join('_');
const password = ['Winter', '2031', 'Canary!'].join('');

const gitignore = 'node_modules/\n.env\n.env.*\n!.env.example\n';
const dockerignore = 'node_modules\n**/.env\n**/.env.*\n';
const example = `# copy to .env
DATABASE_URL=postgres://budget:budget@localhost:5432/budget
STRIPE_KEY=sk_test_xxxxxxxxxxxxxxxxxxxxxxxx
JWT_SECRET=change-me-to-32-random-characters
SESSION_SECRET=
API_TOKEN="<your token>"
PORT=3000
`;

const ignoring = (content: string | null) => ({ write: { '.gitignore': content } });
const leaving = (content: string) => ({ write: { '.dockerignore': content } });
const templated = (line: string) => ({ write: { '.env.example': `${example}${line}\n` } });
const commit = (message: string) => ['commit', '-qm', message];
const gone = (path: string) => ({
  write: { [path]: `KEY=${canary}\n` },
  git: [['add', '-f', path], commit('oops'), ['rm', '-q', path], commit('never mind')],
});

export default specimens({
  control: envFilesIgnored,
  on: () =>
    scratchRepo(
      {
        '.gitignore': gitignore,
        '.dockerignore': dockerignore,
        '.env.example': example,
        'package.json': '{}\n',
        'apps/api/package.json': '{}\n',
        'apps/api/src/env.ts': 'export {};\n',
        Dockerfile: 'FROM node:24 AS build\nCOPY . .\nFROM node:24\nCOPY --from=build /app /app\n',
      },
      { history: true, canaries: [canary, password] },
    ),
  lookalikes: {
    'a real env file, ignored': {
      break: { write: { '.env': `KEY=${canary}\n`, 'apps/api/.env.local': `KEY=${canary}\n` } },
    },
    'source files that are about the environment': {
      break: {
        write: {
          'src/vite-env.d.ts': '',
          'src/app.env.ts': '',
          'docs/environment.md': '',
          'src/env.test.ts': '',
        },
        git: [['add', '-A'], commit('env')],
      },
    },
    'more templates': {
      break: {
        write: {
          'apps/api/.env.sample': 'TOKEN=\nPASSWORD=$PASSWORD\nAUTH_KEY=00000000\n',
          '.env.production.example': 'API_KEY=your-key-here\nPUBLIC_KEY=abcDEF123456ghiJKL\nLOG_LEVEL=info\n',
        },
        git: [['add', '-A', '-f'], commit('templates')],
      },
    },
    'an encrypted env file': {
      break: {
        write: {
          '.env.vault': 'DOTENV_VAULT_PRODUCTION="q1W2e3R4t5Y6u7I8o9P0"\n',
          '.env.production.enc': 'KEY=ENC[AES256_GCM,data:abc,iv:def,tag:ghi,type:str]\n',
        },
        git: [['add', '-A', '-f'], commit('vault')],
      },
    },
    'one wide rule': { break: ignoring('.env*\n!.env.example\n') },
    'a rule per folder, too': {
      break: { write: { 'apps/api/.gitignore': 'dist/\n' }, git: [['add', '-A'], commit('x')] },
    },
    'a name taken out and put in again': { break: ignoring(`!.env.production\n${gitignore}`) },
    'an image that copies nothing by folder': {
      break: {
        write: {
          Dockerfile:
            'FROM node:24\nCOPY package.json ./\nCOPY ["apps/api/src", "/app"]\nADD https://example.com/x /x\n',
          '.dockerignore': null,
        },
      },
    },
    'an ignore file of one Dockerfile': {
      break: {
        write: { '.dockerignore': null, 'Dockerfile.dockerignore': '**\n!apps\n**/.env*\n' },
        git: [['add', '-A'], commit('own')],
      },
    },
    'another repository inside': {
      break: { write: { 'tools/.env': `KEY=${canary}\n` }, git: [['init', '-q', 'tools']] },
    },
  },
  sabotages: {
    'tracked now': {
      break: { write: { '.env': `KEY=${canary}\n` }, git: [['add', '-f', '.env'], commit('oops')] },
      names: '.env: never tracked',
    },
    'only staged': {
      break: {
        write: { 'apps/api/.env.local': `KEY=${canary}\n` },
        git: [['add', '-f', 'apps/api/.env.local']],
      },
      names: 'apps/api/.env.local: never tracked',
    },
    'deleted in the next commit': { break: gone('.env.production'), names: 'deleted since' },
    'another way to name it': { break: gone('deploy/prod.env'), names: 'deploy/prod.env' },
    'what an editor left': { break: gone('.env~'), names: '.env~' },
    'a copy made by hand': { break: gone('apps/api/.env copy'), names: 'apps/api/.env copy' },
    'as a script': { break: gone('.env.js'), names: '.env.js' },
    'in capitals': { break: gone('.ENV.Production'), names: '.ENV.Production' },
    'in a folder of env files': {
      break: gone('.envs/.production/.django'),
      names: '.envs/.production/.django',
    },
    'on another branch': {
      break: {
        git: [['checkout', '-qb', 'other']],
        next: { ...gone('.env.staging'), next: { git: [['checkout', '-q', 'main']] } },
      },
      names: '.env.staging',
    },
    'kept by a tag only': {
      break: {
        git: [['checkout', '-qb', 'other']],
        next: {
          ...gone('.env.uat'),
          next: {
            git: [
              ['tag', '-a', '-m', 'x', 'v1'],
              ['checkout', '-q', 'main'],
              ['branch', '-qD', 'other'],
            ],
          },
        },
      },
      names: '.env.uat',
    },
    'brought in by a merge alone': {
      break: {
        git: [
          ['checkout', '-qb', 'other'],
          ['commit', '-q', '--allow-empty', '-m', 'x'],
          ['checkout', '-q', 'main'],
          ['merge', '-q', '--no-commit', '--no-ff', 'other'],
        ],
        next: gone('.env.merge'),
      },
      names: '.env.merge',
    },
    'renamed to something harmless': {
      break: {
        write: { '.env': `KEY=${canary}\n` },
        git: [['add', '-f', '.env'], commit('x'), ['mv', '.env', 'notes.txt'], commit('y')],
      },
      names: '.env: never tracked',
    },
    'an env file that nothing ignores': {
      break: { write: { 'deploy/prod.env': `KEY=${canary}\n` } },
      names: 'deploy/prod.env',
      mended: true,
    },
    'one name only is ignored': { break: ignoring('.env\n'), names: '.env.production', mended: true },
    'the root only': { break: ignoring('/.env\n/.env.*\n'), names: 'apps/api', mended: true },
    'a folder, not a file': { break: ignoring('.env/\n'), names: 'not ignored: .env', mended: true },
    'a remark behind the rule': { break: ignoring('.env* # secrets\n'), names: '.env.local', mended: true },
    'taken out again': {
      break: ignoring(`${gitignore}!.env.production\n`),
      names: '.env.production',
      mended: true,
    },
    'taken out again by a name of your own': {
      break: ignoring(`${gitignore}!/.env.uat\n`),
      names: '.env.uat',
      mended: true,
    },
    'taken out again by a pattern': {
      break: ignoring(`${gitignore}!.env.[a-p]*\n`),
      names: '.env.local',
      mended: true,
    },
    'taken out again in a folder': {
      break: { write: { 'apps/api/.gitignore': '!.env\n' }, git: [['add', '-A'], commit('x')] },
      names: 'apps/api: git ignores',
      mended: true,
    },
    'rules in UTF-16': {
      break: { write: { '.gitignore': Buffer.from(`\ufeff${gitignore}`, 'utf16le') } },
      names: 'not ignored: .env',
    },
    'no rules': { break: ignoring(null), names: 'root: git ignores' },
    'rules that only this clone has': {
      break: { write: { '.gitignore': null, '.git/info/exclude': gitignore } },
      names: 'root: git ignores',
    },
    'rules that are not tracked': {
      break: { git: [['rm', '-q', '--cached', '.gitignore'], commit('x')] },
      names: '.gitignore: tracked',
    },
    'rules that are a link': {
      break: { write: { rules: gitignore, '.gitignore': null }, links: { '.gitignore': 'rules' } },
      names: 'root: git ignores',
    },
    'a password in the template': {
      break: templated(`SMTP_PASSWORD=${password}`),
      names: '.env.example: SMTP_PASSWORD',
    },
    'a provider key in the template': {
      break: templated(`PAYMENTS=${canary}`),
      names: '.env.example: PAYMENTS',
    },
    'a password in an address in the template': {
      break: templated(`DATABASE_URL=postgres://app:${password}@db.budget.test/app`),
      names: '.env.example: DATABASE_URL',
    },
    'a real value, commented out': {
      break: templated(`# JWT_SECRET='${password}'`),
      names: '.env.example: JWT_SECRET',
    },
    'a template in a folder': {
      break: {
        write: { 'apps/api/.env.template': `export ADMIN_TOKEN="${password}" # ours\n` },
        git: [['add', '-A', '-f']],
      },
      names: 'apps/api/.env.template: ADMIN_TOKEN',
    },
    'encrypted by name only': {
      break: {
        write: { '.env.production.enc': `KEY=${canary}\n` },
        git: [['add', '-f', '.env.production.enc']],
      },
      names: '.env.production.enc: encrypted',
    },
    'images take everything': {
      break: { write: { '.dockerignore': null } },
      names: 'Dockerfile: image builds',
    },
    'images leave out the root only, as gitignore would not': {
      break: leaving('.env\n.env.*\n'),
      names: 'copied: apps/yet-to-come/.env',
      mended: true,
    },
    'images take it back in': {
      break: leaving(`${dockerignore}!apps\n`),
      names: 'copied: apps/',
      mended: true,
    },
    'an ignore file of one Dockerfile that leaves nothing out': {
      break: { write: { 'Dockerfile.dockerignore': 'node_modules\n' }, git: [['add', '-A'], commit('x')] },
      names: 'Dockerfile: image builds',
      mended: true,
    },
    'an env file copied by name': {
      break: {
        write: {
          Dockerfile: 'FROM node:24\nCOPY .env.production ./.env\n',
          '.dockerignore': 'node_modules\n',
        },
      },
      names: 'copied: .env.production',
      mended: true,
    },
    'env files copied by pattern': {
      break: {
        write: { Dockerfile: 'FROM node:24\nCOPY package.json .en* ./\n', '.dockerignore': 'node_modules\n' },
      },
      names: 'copied: .env',
      mended: true,
    },
    'a context that the compose file names': {
      break: {
        write: {
          'compose.yml': 'services:\n  api:\n    build: apps/api\n',
          'apps/api/Dockerfile': 'FROM node:24\nADD . /app\n',
        },
        git: [['add', '-A'], commit('x')],
      },
      names: 'compose.yml api',
    },
  },
});
