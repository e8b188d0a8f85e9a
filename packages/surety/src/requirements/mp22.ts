import { type Requirement, section } from './requirement.ts';

/** The infrastructure security checklist of a lending platform: 69 rows in seven sections, and what it says of its own review. */
export const mp22: readonly Requirement[] = [
  ...section('mp22', '1. Secrets', {
    '1.1': 'Configuration secrets are stored encrypted where the system is deployed',
    '1.2': 'Secrets are rotated at least every 90 days, under a written policy',
    '1.3': 'No secret is in the source or anywhere in its history',
    '1.4': {
      claim: 'Environment files are kept out of version control, now and in the whole history',
      note: 'an ignore pattern does not untrack a file that was committed before it, and a later negation undoes it',
    },
    '1.5': 'Each environment has secrets of its own',
    '1.6': {
      claim: 'Each environment signs its tokens with a key of its own',
      note: 'reading the key from a variable says nothing about its value: a token of one environment must be refused in the other',
    },
    '1.7': 'The database is reached with short-lived identity tokens, not with a stored password',
    '1.8': 'Keys for outside services are rotated by a calendar',
    '1.9': 'Redis asks for a password that no other environment uses, and limits what its user may do',
    '1.10': {
      claim: 'Credentials of the Canton participant are held in a secret manager',
      superseded: {
        reason:
          'the PartyLayer SDK is a browser wallet and holds no participant key: what needs guarding are client secrets, admin tokens and signing keys',
      },
    },
  }),
  ...section('mp22', '2. Database', {
    '2.1': {
      claim: 'The database refuses plaintext, and clients refuse a server that they cannot verify',
      note: 'that a connection is encrypted does not show that its certificate was checked',
    },
    '2.2': 'Connection pools are bounded below the limit of the server, and exhaustion is handled',
    '2.3':
      'API, migrations, readers, auditors and backups each use a role of their own with no more than they need',
    '2.4': 'Database storage is encrypted at rest',
    '2.5': {
      claim: 'Backups run daily, are kept for 30 days, and a restore is tested every month',
      note: 'freshness is that of the backup; the restore test may be up to a month old',
    },
    '2.6': 'No production query selects every column',
    '2.7': 'No request can change the text of a query, only its parameters',
    '2.8': 'Statements are logged for audit, and the API cannot switch that off',
    '2.9': 'Only the delivery pipeline changes the schema, and seeding refuses production',
    '2.10': {
      claim:
        'Personal data is encrypted by the application, column by column, before it reaches the database',
      superseded: {
        reason:
          'pgcrypto takes the key as a statement parameter, so with audit logging (2.8) key and plaintext land in the audit log',
      },
    },
  }),
  ...section('mp22', '3. Network', {
    '3.1': 'Public names offer TLS 1.3 and nothing older',
    '3.2': 'Plain HTTP is answered with a redirect to HTTPS and nothing else',
    '3.3': 'A web application firewall blocks with managed rules and cannot be gone around',
    '3.4': 'Administrative routes answer only to allowed addresses',
    '3.5': 'The database port cannot be reached from outside',
    '3.6': 'The Redis port cannot be reached from outside',
    '3.7': 'The Canton participant cannot be reached from outside',
    '3.8': 'WebSocket connections need a signed-in user and are rate-limited',
    '3.9': 'Only listed origins may call the API from a browser',
    '3.10': 'The zone is signed, and CAA records restrict who may issue certificates for it',
    '3.11': {
      claim: 'Protection against denial of service is on',
      note: 'a provider says so; nobody floods production to find out',
    },
    '3.12': 'SSH takes keys only, for every user and every match block',
  }),
  ...section('mp22', '4. Application', {
    '4.1': {
      claim: 'Every answer carries the security headers',
      note: 'the usual plugin leaves errors raised before routing without any header',
    },
    '4.2': {
      claim: 'State cannot be changed from another site on behalf of a signed-in user',
      note: 'an endpoint that hands out tokens protects nothing unless they are bound to the session and checked',
    },
    '4.3': 'Every input of every route is checked against a strict schema',
    '4.4': 'Authentication routes are rate-limited, exactly and across instances',
    '4.5': 'Repeated wrong passwords are delayed ever longer without locking the owner out',
    '4.6': 'Access tokens live for minutes, and tampered ones are refused',
    '4.7': 'A refresh token works once, and its reuse ends the session',
    '4.8': 'A revoked session is refused everywhere at once',
    '4.9': 'Error answers show nothing of the inside',
    '4.10': 'Nothing meant for development is reachable in production',
    '4.11': 'Uploads are limited by size, type and content',
    '4.12': {
      claim: 'Webhooks are accepted only with a valid signature over their raw bytes, and once',
      note: "the provider's retries arrive up to 18 hours later: a short time window would refuse real events",
    },
  }),
  ...section('mp22', '5. Monitoring and incidents', {
    '5.1': 'Logs are structured and hold no secret',
    '5.2': 'Metrics are exported, internally only, with bounded series',
    '5.3': 'Errors reach the tracker scrubbed of personal data',
    '5.4': {
      claim: 'Every administrative act leaves an entry that cannot be altered unnoticed',
      note: 'entries written when the answer ends are lost if the caller hangs up first',
    },
    '5.5': {
      claim: 'Security events raise alerts that reach somebody',
      note: 'a document that lists rules alerts nobody: an event has to arrive at the pager',
    },
    '5.6': {
      claim: 'Every alert has a runbook, and every step of it an owner',
      answeredBy: 'person',
      freshness: 'quarter',
      note: 'NIST SP 800-61 since its third revision sets no fixed severities: the levels are yours to define',
    },
    '5.7': {
      claim: 'Somebody is on call for security at every hour',
      freshness: 'week',
      answeredBy: 'person',
    },
    '5.8': 'Logs of the last 90 days can all be retrieved',
    '5.9': {
      claim: 'Stored logs cannot be deleted, overwritten or given a shorter life',
      note: "a vendor's own bucket lock is not S3 Object Lock: the attempts must be refused, whatever it is called",
    },
    '5.10': {
      claim: 'Security figures are reviewed every week by a named person',
      answeredBy: 'person',
      freshness: 'week',
    },
  }),
  ...section('mp22', '6. Delivery pipeline', {
    '6.1': {
      claim:
        'A dependency with a known vulnerability stops the pipeline, and an audit that could not run does too',
      superseded: {
        reason:
          'the registry endpoint behind `pnpm audit` was retired in 2026: a gate that ignores its error passes everything',
      },
    },
    '6.2': 'The lockfile is intact, agrees with the manifests, and is what gets installed',
    '6.3': 'Every production dependency has a licence that the policy allows',
    '6.4': 'Static analysis runs on every change and blocks',
    '6.5': 'Images are scanned before they are pushed, and findings block',
    '6.6': {
      claim: 'Every path that changes production needs the approval of a reviewer',
      superseded: {
        reason:
          'reviewers on the main branch approve a merge, not a deployment: a push by hand or by another workflow passes them by',
      },
    },
    '6.7': 'No secret appears in the output or the artifacts of the pipeline',
    '6.8': {
      claim: 'Build artifacts are signed, and the signature is checked before they run',
      note: 'a signature that nobody verifies protects nothing',
    },
  }),
  ...section('mp22', '7. Canton', {
    '7.1': {
      claim: 'Ledger and Admin API of the participant take TLS with client certificates only',
      superseded: {
        reason:
          "mutual TLS towards the synchronizer (then called domain) does not exist in Canton 3.x: its public API has server TLS, and members authenticate with Canton's own cryptography",
      },
    },
    '7.2': {
      claim: 'The access control of the deployed contract packages has been reviewed',
      answeredBy: 'person',
      freshness: 'year',
      note: 'a review is of certain packages: a new package id makes it stale',
    },
    '7.3': 'The JSON API of Canton is internal and refuses forged tokens',
    '7.4': 'Parties and users have the rights that were declared for them and no others',
    '7.5': 'The health of Canton is watched and alerts',
    '7.6': {
      claim: 'Deployed packages are the known ones, and upgrades are checked before they are made',
      freshness: 'month',
    },
    '7.7': {
      claim: 'Canton is backed up in an order that can be restored, and a restore has been done',
      freshness: 'month',
    },
  }),
  ...section(
    'mp22',
    '8. Review',
    {
      'review.monthly': 'The checklist is reviewed every month',
      'review.owned': 'Every open line has an owner and a date',
    },
    { answeredBy: 'person', freshness: 'month' },
  ),
];
