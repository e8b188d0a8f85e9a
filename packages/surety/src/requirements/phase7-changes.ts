import { type Requirement, section } from './requirement.ts';

/** What the Phase 7 summary says was changed, its five sections, and which criteria it says that serves. */
export const phase7Changes: readonly Requirement[] = [
  ...section('phase7', 'Status', {
    'status.complete': {
      claim: 'Every line of the summary is done',
      answeredBy: 'person',
      freshness: 'month',
      superseded: {
        reason: 'it is headed complete while 18 of the 23 boxes of its own deployment checklist are open',
      },
    },
  }),
  ...section('phase7', '1. CI/CD security', {
    'ci.codeql': 'A static analysis job covers JavaScript and TypeScript',
    'ci.codeql-every-change': 'Static analysis runs on every push and every pull request',
    'ci.codeql-published': 'Its results are uploaded to where the team reads findings',
    'ci.codeql-detects': 'Static analysis finds injection and scripting weaknesses when they are planted',
    'ci.audit': 'Dependencies are audited in the test job, at level high',
    'ci.audit-threshold': 'High and critical advisories of npm packages are found',
    'ci.audit-blocks': {
      claim: 'A failing dependency audit stops the pipeline',
      superseded: {
        reason:
          'the summary counts an audit whose failure `|| true` throws away as hardening: a gate that cannot fail is none',
      },
    },
    'ci.no-hardcoded-secrets': 'No secret is written into the workflow, not even for tests',
    'ci.test-secrets-random': 'Unit test secrets come from a random source in every run',
    'ci.e2e-secrets-random': {
      claim: 'Browser test secrets come from a random source in every run',
      superseded: {
        reason:
          'secrets made from the run id are different in each run but not secret: the run id is public and counts up',
      },
    },
    'ci.no-secret-reuse': 'No two runs share a secret',
  }),
  ...section('phase7', '2. Containers', {
    'container.base-pinned': {
      claim: 'Images build on a supported LTS runtime, pinned by digest',
      superseded: {
        reason:
          'the tag node:22-alpine moves, and Node 22 has been in maintenance since October 2025 and ends on 30 April 2027: Node 24 is an LTS until April 2028',
      },
    },
    'container.health-program': {
      claim: 'What the health check runs is in the final image',
      note: 'curl serves here, but is one more package in an image meant to be minimal: the runtime can ask by itself',
    },
    'container.healthcheck': 'Images declare a health check, at most 30 s apart and 5 s long, that can fail',
    'container.non-root': 'Containers run as a numeric user that is not root',
    'container.multi-stage': 'The final API image holds production dependencies only',
    'container.standalone': 'The final web image holds only the standalone build',
    'container.init': 'Process 1 forwards signals and reaps children',
    'container.health-monitored': {
      claim: 'The orchestrator notices an unhealthy container and restarts it',
      superseded: {
        reason: "Kubernetes does not run an image's HEALTHCHECK: it needs probes in the manifest",
        by: 'phase7:checklist.cluster.probes',
      },
    },
    'container.minimal': 'Images hold few packages, and none that only the build needs',
    'container.cve-tracked': {
      claim: 'Known vulnerabilities of the image are found',
      superseded: { reason: 'a pinned version tracks nothing by itself: a scan does', by: 'mp22:6.5' },
    },
  }),
  ...section('phase7', '3. Backup and recovery', {
    'backup.automated': {
      claim: 'PostgreSQL is backed up without a person, and a dump that fails is a backup that fails',
      note: 'a dump piped into a compressor reports success when the dump fails',
    },
    'backup.compressed': 'Backups are compressed, and their content is protected by a checksum',
    'backup.offsite': {
      claim: 'Every backup has a copy in a second store',
      superseded: { reason: 'the upload is optional there, and its failure only a warning' },
    },
    'backup.kept-30-days': {
      claim: 'Restore points of 30 days are kept, and clearing up never removes the last good one',
    },
    'backup.point-in-time': {
      claim: 'A chosen second can be restored',
      superseded: {
        reason:
          'a dump restores the moment it was taken, whatever its file name says: a point in time needs archived WAL',
      },
    },
    'backup.configurable': 'The backup is configured from its environment, and wrong values are refused',
    'backup.executable': 'The backup and restore entry points can be executed',
    'backup.restore-confirmed': 'A restore asks for confirmation first',
    'backup.restore-automated': {
      claim: 'A restore decompresses and loads by itself, and stops at the first error',
      note: 'psql goes on after an error and exits 0 unless told otherwise',
    },
    'backup.restore-validated': {
      claim: 'What was restored is compared with what was backed up',
      freshness: 'month',
    },
    'backup.no-overwrite': 'A restore refuses a target that holds data',
    'backup.isolated': 'Whoever can change the database cannot change its backups',
    'backup.disaster-recovery': {
      claim: 'The system can be rebuilt from its backups alone',
      freshness: 'quarter',
    },
    'backup.rto': {
      claim: 'A measured restore takes less than 4 hours',
      freshness: 'quarter',
      note: 'how often backups run has no bearing on it: only a drill measures it',
    },
    'backup.rpo': {
      claim: 'At no moment is the newest restorable state older than 24 hours',
      note: 'a daily schedule alone misses it by the time that a backup takes',
    },
  }),
  ...section('phase7', '4. Row-level security', {
    'rls.every-table': {
      claim: 'Row-level security is on for every tenant-scoped table',
      note: 'the list leaves out the membership table that the policies read: who can write it lets himself in',
    },
    'rls.isolation': "A tenant's session neither reads nor changes rows of another tenant",
    'rls.context-per-request': {
      claim: 'The API sets the tenant for every request, and nothing of it survives in the pool',
      note: 'stated as done among the changes, and open as a box of the checklist',
    },
    'rls.fail-safe': {
      claim: 'Without a tenant no row is visible or writable, and no error is raised',
      note: "the one-argument form of current_setting raises an error when the variable is unset, and '' is no uuid",
    },
    'rls.defence-in-depth': 'The database refuses what the API forgot to refuse',
    'rls.after-migrations': 'Policies are in place after every schema migration',
    'rls.owner-applies': {
      claim: 'Policies are applied by the owner of the tables, and the API is somebody else',
      note: 'owner and superuser are exempt from policies unless they are forced',
    },
    'rls.context-local': {
      claim: 'The tenant is set for one transaction, as a bound parameter',
      superseded: {
        reason:
          'SET LOCAL takes no bound parameter, so the value would be pasted into SQL: set_config(name, $1, true) takes one',
      },
    },
  }),
  ...section('phase7', '5. Tenant isolation tests', {
    'isolation.spaces': 'One user does not see the spaces of another',
    'isolation.accounts': 'One user does not see the accounts of another',
    'isolation.direct-query': 'Asking for the space of another user by its id gives nothing',
    'isolation.cross-accounts': 'Queries for accounts of another tenant are empty',
    'isolation.cross-transactions': 'Queries for transactions of another tenant are empty',
    'isolation.integration-test': {
      claim: 'The suite runs against a real database as the role that the API uses',
      note: 'run as owner or superuser it cannot see whether policies work',
    },
    'isolation.two-users': 'The suite has two users with data of their own, and each sees their own',
    'isolation.application-layer': 'The suite checks what the application layer returns',
    'isolation.cleanup': 'The suite leaves nothing behind',
    'isolation.complements-rls': 'Isolation is tested through the application and in the database',
    'isolation.evidence': 'The results of the suite are kept as evidence',
    'isolation.in-ci': {
      claim: 'The suite runs in CI, and can fail there',
      note: 'stated as done among the changes, and open as a box of the checklist',
    },
  }),
  ...section(
    'phase7',
    'Criteria addressed',
    {
      'maps.cc6.1': 'Row-level security, secrets per run and non-root containers support CC6.1',
      'maps.cc6.2': {
        claim: 'Registering users before they get credentials supports CC6.2',
        superseded: {
          reason: 'CC6.2 is about issuing and removing credentials: row-level security supports CC6.1',
          by: 'phase7:maps.cc6.1',
        },
      },
      'maps.cc7.1': 'Static analysis and repeated isolation tests support CC7.1',
      'maps.cc7.2': {
        claim: 'Watching backups and health supports CC7.2',
        superseded: {
          reason: 'CC7.2 is about noticing anomalies: making backups supports A1.2',
          by: 'phase7:maps.a1.2',
        },
      },
      'maps.a1.2': 'Backups with retention support A1.2',
    },
    { answeredBy: 'person', freshness: 'year' },
  ),
];
