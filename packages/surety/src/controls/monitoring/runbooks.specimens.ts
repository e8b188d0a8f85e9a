import { scratchRepo } from '../../testing/scratch-repo.ts';
import { specimens } from '../../testing/specimens.ts';
import runbooks from './runbooks.ts';

const incident = `# Incident

Owner: security lead

## Severity
1. Decide how bad it is.
2. Tell the customers.
`;
const database = `# Database down

| step | owner |
| --- | --- |
| look at the pool | on-call |
| fail over | platform |

## Disk full
1. Grow the volume. (owner: platform)
2. @on-call watches it for an hour
`;
const rules = `groups:
  - name: database
    rules:
      - alert: DatabaseDown
        expr: up == 0
        annotations:
          runbook_url: docs/runbooks/database.md
      - alert: DiskFull
        expr: disk < 1
        annotations:
          runbook_url: ../../docs/runbooks/database.md#disk-full
      - record: up:sum
        expr: sum(up)
`;

const page = (content: string) => ({ write: { 'docs/runbooks/database.md': content } });
const ruled = (from: string, to: string) => ({
  write: { 'infra/alerts/rules.yml': rules.replace(from, to) },
});

export default specimens({
  control: runbooks,
  on: () =>
    scratchRepo({
      'docs/runbooks/incident.md': incident,
      'docs/runbooks/database.md': database,
      'infra/alerts/rules.yml': rules,
    }),
  lookalikes: {
    'a list of the pages, and a template': {
      break: {
        write: {
          'docs/runbooks/README.md': '1. [incident](incident.md)\n',
          'docs/runbooks/template.md': '1. step (owner: TODO)\n',
        },
      },
    },
    'other YAML, also broken': {
      break: {
        write: {
          'config/app.yml': 'alerts:\n  channel: x\n',
          'chart/templates/x.yaml': 'a: {{ .Values.x }}\n',
        },
      },
    },
    'owners before a colon, in bold': {
      break: page('## Disk full\n1. **On-call:** look.\n2. **Platform**: act.\n'),
    },
    'owner in front matter, steps in CRLF': {
      break: page('---\r\nowner: platform team\r\n---\r\n## Disk full\r\n1. Look.\r\n2. Act.\r\n'),
    },
    'an example inside a fence': { break: page(`${database}\n\`\`\`\n1. like this\n\`\`\`\n`) },
    'a link to the repository where it is hosted': {
      break: {
        ...ruled(
          'docs/runbooks/database.md\n',
          'https://github.com/acme/budget/blob/main/docs/runbooks/database.md\n',
        ),
        git: [['remote', 'add', 'origin', 'git@github.com:acme/budget.git']],
      },
    },
    'rules as a resource of the operator': {
      break: {
        write: {
          'infra/alerts/rules.yml': `kind: PrometheusRule\nspec:\n${rules.replace(/^/gm, '  ')}\n---\nkind: Other\n`,
        },
      },
    },
  },
  sabotages: {
    'no runbooks': { break: { write: { 'docs/runbooks': null } }, names: 'runbooks in docs/runbooks' },
    'an empty page': { break: page('# Database down\n'), names: 'docs/runbooks/database.md: steps' },
    'a page without owners': {
      break: page('# Database down\n## Disk full\n1. Look.\n2. Act.\n'),
      names: 'nobody for: Look.; Act.',
    },
    'one step without an owner': {
      break: page(database.replace('@on-call watches', 'watch')),
      names: 'watch it',
    },
    'an owner of another step': {
      break: page('## Disk full\n1. Look.\n   - Owner: platform\n2. Act.\n'),
      names: 'nobody for: Act.',
    },
    'a bold word that is no owner': {
      break: page('## Disk full\n1. **Restart** the server.\n'),
      names: 'Restart',
    },
    'an owner to be decided': {
      break: page('Owner: TBD\n## Disk full\n1. Look.\n'),
      names: 'nobody for: Look.',
    },
    'an owner in a remark that nobody sees': {
      break: page('<!--\nOwner: platform\n-->\n## Disk full\n1. Look.\n'),
      names: 'nobody for: Look.',
    },
    'a row without an owner': { break: page(database.replace('| platform |', '| ? |')), names: 'fail over' },
    'a link to a missing page': {
      break: ruled('docs/runbooks/database.md\n', 'docs/runbooks/databse.md\n'),
      names: 'DatabaseDown',
    },
    'a link to a missing section': { break: ruled('#disk-full', '#disk-is-full'), names: '#disk-is-full' },
    'a link out of the repository': {
      break: ruled('docs/runbooks/database.md\n', '../../../etc/hostname\n'),
      names: 'DatabaseDown',
    },
    'an alert without a page': {
      break: ruled('        annotations:\n          runbook_url: docs/runbooks/database.md\n', ''),
      names: 'runbook of DatabaseDown',
    },
    'an alert on one line, without a page': {
      break: { write: { 'infra/more.yaml': 'groups: [{ name: x, rules: [{ alert: Slow, expr: up }] }]\n' } },
      names: 'runbook of Slow',
    },
    'an empty link': {
      break: ruled('runbook_url: docs/runbooks/database.md', 'runbook_url: ""'),
      names: 'none named',
    },
    'a page that is only a name': {
      break: { write: { 'docs/runbooks/database.md': null } },
      names: 'no docs/runbooks/database.md',
    },
    'a page of the host that is not there': {
      break: {
        ...ruled('docs/runbooks/database.md\n', 'https://github.com/acme/budget/blob/main/docs/gone.md\n'),
        git: [['remote', 'add', 'origin', 'https://github.com/acme/budget.git']],
      },
      names: 'no docs/gone.md',
    },
  },
});
