import { type Requirement, section } from './requirement.ts';

/**
 * The SOC 2 trust services criteria by id, described in our own words; the criteria's text is copyrighted and not
 * repeated. A control supports a criterion or part of it. Whether a criterion is met is for an auditor to say.
 */
export const tsc: readonly Requirement[] = [
  ...section(
    'tsc',
    'CC1. Control environment',
    {
      'CC1.1': 'People are held to a code of conduct',
      'CC1.2': 'Somebody independent of management oversees it',
      'CC1.3': 'Responsibilities and reporting lines are laid down',
      'CC1.4': 'People have the skills that their work needs',
      'CC1.5': 'People answer for the controls that they own',
    },
    { answeredBy: 'person', freshness: 'year' },
  ),
  ...section('tsc', 'CC2. Information and communication', {
    'CC2.1': 'Control decisions rest on information that is current and complete',
    'CC2.2': { claim: 'People inside know their security duties', answeredBy: 'person', freshness: 'year' },
    'CC2.3': { claim: 'People outside are told what concerns them', answeredBy: 'person', freshness: 'year' },
  }),
  ...section(
    'tsc',
    'CC3. Risk assessment',
    {
      'CC3.1': 'Objectives are clear enough to see what threatens them',
      'CC3.2': 'Risks are looked for, weighed and given an owner',
      'CC3.3': 'Fraud is considered among the risks',
      'CC3.4': 'Changes that alter the risks are noticed and assessed',
    },
    { answeredBy: 'person', freshness: 'year' },
  ),
  ...section('tsc', 'CC4. Monitoring of controls', {
    'CC4.1': 'Controls are tested, continuously or at intervals, to see that they exist and work',
    'CC4.2': { claim: 'Deficiencies reach those who can mend them, in time', freshness: 'month' },
  }),
  ...section('tsc', 'CC5. Control activities', {
    'CC5.1': {
      claim: 'Controls are chosen to bring risks down to what is accepted',
      answeredBy: 'person',
      freshness: 'year',
    },
    'CC5.2': { claim: 'Technology has general controls of its own', freshness: 'month' },
    'CC5.3': {
      claim: 'Policies say what is expected, and procedures put them to work',
      answeredBy: 'person',
      freshness: 'year',
    },
  }),
  ...section('tsc', 'CC6. Logical and physical access', {
    'CC6.1': 'Systems and data are guarded so that each user reaches only what is theirs',
    'CC6.2': {
      claim: 'Users are registered and authorised before they get credentials, and lose them when they leave',
      note: 'about issuing credentials, not about what a query returns: row-level security belongs to CC6.1',
    },
    'CC6.3': 'Rights follow roles, duties are separated, and nobody has more than the work needs',
    'CC6.4': {
      claim: 'Buildings and machines are open only to those who need them',
      answeredBy: 'person',
      freshness: 'year',
      note: 'for a hosted system the provider answers, by its own report',
    },
    'CC6.5': {
      claim: 'Media are protected until the data on them cannot be recovered',
      answeredBy: 'person',
      freshness: 'year',
    },
    'CC6.6': 'The boundary of the system keeps outside threats out',
    'CC6.7': 'Data is protected while it moves, and moves only where it may',
    'CC6.8': 'Unauthorised or malicious software is kept out, or found',
  }),
  ...section('tsc', 'CC7. System operations', {
    'CC7.1': 'Harmful changes of configuration and new vulnerabilities are found',
    'CC7.2': {
      claim: 'Components are watched for anomalies that point to attacks, disasters or errors',
      note: 'about noticing; backups belong to A1.2',
    },
    'CC7.3': {
      claim: 'Security events are judged: incident or not',
      answeredBy: 'person',
      freshness: 'quarter',
    },
    'CC7.4': {
      claim: 'Incidents are contained, mended and communicated by a rehearsed procedure',
      answeredBy: 'person',
      freshness: 'quarter',
    },
    'CC7.5': {
      claim: 'After an incident, operation is recovered and its cause removed',
      freshness: 'quarter',
    },
  }),
  ...section('tsc', 'CC8. Change management', {
    'CC8.1': 'Changes are authorised, reviewed, tested and approved before they reach production',
  }),
  ...section(
    'tsc',
    'CC9. Risk mitigation',
    {
      'CC9.1': 'Business disruption is prepared for',
      'CC9.2': 'Risks from vendors and partners are managed',
    },
    { answeredBy: 'person', freshness: 'year' },
  ),
  ...section('tsc', 'A1. Availability', {
    'A1.1': 'Capacity is watched and added before it runs out',
    'A1.2': 'Data is backed up, and what recovery needs is in place and maintained',
    'A1.3': { claim: 'Recovery is tested by doing it', freshness: 'quarter' },
  }),
  ...section('tsc', 'C1. Confidentiality', {
    'C1.1': 'Confidential information is identified and protected for as long as it is kept',
    'C1.2': {
      claim: 'Confidential information is destroyed when it is due',
      answeredBy: 'person',
      freshness: 'year',
    },
  }),
];
