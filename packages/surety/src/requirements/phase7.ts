import { phase7Changes } from './phase7-changes.ts';
import { type Requirement, section } from './requirement.ts';

/** The Phase 7 summary of a budgeting platform, every line of it: changes, deployment checklist, validation, evidence, next steps. */
export const phase7: readonly Requirement[] = [
  ...phase7Changes,
  ...section('phase7', 'Deployment checklist: CI/CD', {
    'checklist.ci.codeql-active': 'The static analysis workflow is active',
    'checklist.ci.findings-reviewed': {
      claim: 'The first findings of static analysis were reviewed and none of high severity is open',
      freshness: 'week',
    },
    'checklist.ci.branch-protection': 'Nothing merges without a passing static analysis',
    'checklist.ci.dependency-updates': 'Dependencies with known vulnerabilities raise an alert and an update',
  }),
  ...section('phase7', 'Deployment checklist: containers', {
    'checklist.container.healthchecks': 'The Dockerfiles declare health checks',
    'checklist.cluster.health-endpoints': 'The deployment manifests ask the real health routes',
    'checklist.container.health-in-staging': {
      claim: 'Health monitoring was seen to work in staging',
      freshness: 'month',
    },
    'checklist.cluster.probes': 'Production has liveness and readiness probes',
  }),
  ...section('phase7', 'Deployment checklist: backups', {
    'checklist.backup.scripts': 'The backup scripts exist and can be executed',
    'checklist.backup.database-url': 'The backup job reaches the right database as the right role',
    'checklist.backup.scheduled': 'A daily schedule runs the backup',
    'checklist.backup.offsite-bucket': 'The second store is configured',
    'checklist.backup.restore-tested': { claim: 'A backup has been restored', freshness: 'quarter' },
    'checklist.backup.documented': {
      claim: 'Retention, RTO and RPO are written down, and are what is configured and measured',
      freshness: 'quarter',
    },
  }),
  ...section('phase7', 'Deployment checklist: row-level security', {
    'checklist.rls.policies-file': 'The policies are in the repository',
    'checklist.rls.applied': 'The policies are applied to the production database',
    'checklist.rls.context-middleware': 'The API sets app.current_user_id for every request',
    'checklist.rls.tested-in-staging': {
      claim: 'The policies were attacked in staging and held',
      freshness: 'month',
    },
    'checklist.rls.performance': {
      claim: 'The policies do not slow queries down noticeably',
      freshness: 'month',
    },
  }),
  ...section('phase7', 'Deployment checklist: isolation tests', {
    'checklist.isolation.tests-exist': 'Integration tests for isolation exist',
    'checklist.isolation.in-ci': 'CI runs them',
    'checklist.isolation.with-policies': 'They pass with the policies switched on',
    'checklist.isolation.e2e': 'Isolation is also tested through the browser',
  }),
  ...section(
    'phase7',
    'Before production',
    {
      'validation.codeql-findings': 'No finding of high or critical severity is open',
      'validation.isolation-with-rls': 'The isolation tests ran with policies on',
      'validation.restore-production-size': {
        claim: 'A backup of production size was made and restored',
        note: 'a sample of a hundredth is a projection, not a test',
      },
      'validation.healthchecks-respond': 'Health checks answer correctly, also when something is broken',
      'validation.rls-load-test': 'The policies were tested under load',
    },
    { freshness: 'quarter' },
  ),
  ...section('phase7', 'Production deployment', {
    'production.rls-applied': {
      claim: 'Policies were applied in an announced maintenance window',
      answeredBy: 'person',
      freshness: 'year',
    },
    'production.containers-deployed': 'Production runs the images with health checks',
    'production.backup-alerting':
      'The backup job in production alerts when it fails and when it does not run',
    'production.first-backup-watched': 'The first backups and their upload were seen to arrive',
    'production.audit-sampled': 'In sampled audit entries nobody acted on data of another tenant',
  }),
  ...section('phase7', 'Continuous monitoring', {
    'monitoring.codeql-every-pr': 'Static analysis ran on every pull request',
    'monitoring.backup-alerts': 'A failed and a missed backup each raise an alert',
    'monitoring.container-health': 'The health of containers is watched where somebody looks',
    'monitoring.isolation-nightly': 'The isolation tests run every night',
    'monitoring.drill-quarterly': { claim: 'A restore drill is done every quarter', freshness: 'quarter' },
  }),
  ...section('phase7', 'Files', {
    'files.ci-workflow': 'The CI workflow is where the summary says, with its security jobs',
    'files.dockerfile-api': 'The Dockerfile of the API is where the summary says, with a health check',
    'files.dockerfile-web': 'The Dockerfile of the web front is where the summary says, with a health check',
    'files.backup-script': 'The backup script is where the summary says',
    'files.restore-script': 'The restore script is where the summary says',
    'files.rls-policies': 'The policy file is where the summary says',
    'files.isolation-test': 'The isolation test is where the summary says',
  }),
  ...section('phase7', 'Audit evidence', {
    'evidence.codeql-results': 'Results of static analysis can be handed to an auditor',
    'evidence.backup-logs': 'Backup runs are recorded with time and size',
    'evidence.isolation-results': 'Isolation results from CI can be handed to an auditor',
    'evidence.healthcheck-config': 'The health check configuration can be handed to an auditor',
    'evidence.rls-definitions': 'The policies, and when they were applied, can be handed to an auditor',
    'evidence.drill-records': { claim: 'Each quarterly drill is recorded', freshness: 'quarter' },
  }),
  ...section('phase7', 'Operational metrics', {
    'metrics.backup-success': {
      claim: 'At least 99.9 % of scheduled backups succeed',
      note: 'at one a day, a single failure in a thousand days is all that this allows',
    },
    'metrics.backup-duration': 'A backup takes less than 5 minutes',
    'metrics.codeql-findings': 'No high or critical finding is open',
    'metrics.health-response': 'The health route answers in less than 500 ms',
    'metrics.isolation-pass-rate': 'Every isolation test passes',
  }),
  ...section('phase7', 'Next steps: Type II', {
    'next.three-months': {
      claim: 'Three months of operation are documented without a hole that is not explained',
      note: 'the period begins when the controls operate, not when they are announced',
    },
    'next.continuous-evidence': 'Evidence of every expected run is collected',
    'next.audit-prepared': {
      claim: 'The formal audit is prepared',
      answeredBy: 'person',
      freshness: 'quarter',
    },
  }),
  ...section('phase7', 'Next steps: security', {
    'next.siem': 'Security events reach a collector, and lost ones are noticed',
    'next.query-anomalies': 'Unusual statements and row counts are noticed',
    'next.penetration-tests': {
      claim: 'All attacks run on a schedule, with a list of what was not tried',
      freshness: 'week',
    },
    'next.runtime-protection': 'Injected commands, paths and requests are refused while the system runs',
  }),
  ...section('phase7', 'Next steps: operation', {
    'next.chaos': { claim: 'Faults are injected, and recovery is seen and measured', freshness: 'month' },
    'next.tabletop': {
      claim: 'Incidents are played through every quarter, with lessons and owners',
      answeredBy: 'person',
      freshness: 'quarter',
    },
    'next.evidence-automated': 'Evidence is collected by a program',
    'next.dashboard': 'The state of every control can be seen at any time',
  }),
  ...section('phase7', 'Conclusion', {
    'conclusion.defence-in-depth': 'Application, database and container each hold on their own',
    'conclusion.automated-security':
      'Static analysis, dependency audit and isolation tests run by themselves',
    'conclusion.disaster-recovery': {
      claim: 'Backups run by themselves, and a drill measured RPO and RTO',
      freshness: 'quarter',
    },
    'conclusion.audit-readiness': 'The evidence of every line can be handed over',
    'conclusion.ready': {
      claim: 'Preparation for the Type II audit can begin',
      answeredBy: 'person',
      freshness: 'month',
      superseded: {
        reason: 'the operating period cannot begin while controls that it observes are open boxes',
      },
    },
    'conclusion.next-milestone': {
      claim: 'The audit date leaves three months of operation after the last line is done',
      answeredBy: 'person',
      freshness: 'quarter',
    },
  }),
];
