import type { Values } from 'surety';

/**
 * The backups of the database: where they go, how often, for how long, and what was promised. One definition for the machine
 * that makes them, for the one that restores them, and for who proves them.
 *
 * RPO 24 h and RTO 4 h with a backup at 02:00 and 14:00 UTC: with one a day, right before the next one is done more than
 * 24 hours would be lost. Kept 30 days, then one a week for 12 weeks, one a month for 12 months and one a year for 3 years.
 */
export const budgetBackups = ({ env }: Pick<Values, 'env'>) => ({
  kind: 'backup' as const,
  database: 'budget-db',
  // budget_backup: sees every row, and can change none.
  url: env('BACKUP_DATABASE_URL'),
  stores: {
    vault: { folder: env('BACKUP_VAULT') },
    offsite: {
      bucket: env('BACKUP_S3_BUCKET'),
      endpoint: env('BACKUP_S3_ENDPOINT'),
      accessKeyId: env('BACKUP_S3_ACCESS_KEY_ID'),
      secretAccessKey: env('BACKUP_S3_SECRET_ACCESS_KEY'),
      prefix: 'budget/',
      lock: 'object-lock',
    },
  },
  // With one identity lost, the other one still opens them. Neither is where backups are made.
  recipients: [env('BACKUP_RECIPIENT'), env('BACKUP_RECIPIENT_ESCROW')],
  // Who makes backups signs them; who restores signs what a drill came to.
  signers: [env('BACKUP_SIGNER'), env('BACKUP_SIGNER_RESTORING')],
  schedule: { every: 12, at: '02:00', grace: 2 },
  keep: { days: 30, weeks: 12, months: 12, years: 3 },
  objectives: { lossHours: 24, recoveryHours: 4, backupMinutes: 5, successRate: 0.999, drillDays: 92 },
  drill: {
    as: 'budget_api',
    setting: 'app.current_user_id',
    smoke: [
      'select count(*) > 0 from public.users',
      // Everybody who owns a space is a member of one, and every space has somebody.
      `select not exists (
         select from public.spaces where not exists (
           select from public.user_spaces where user_spaces.space_id = spaces.id))`,
      // Money that belongs to no account of its space would be lost in every sum.
      `select not exists (
         select from public.transactions where not exists (
           select from public.accounts
           where accounts.id = transactions.account_id and accounts.space_id = transactions.space_id))`,
    ],
  },
  alerts: { rules: 'infra/backup/alerts.yaml' },
  job: { path: 'infra/backup', entries: ['backup', 'restore'] },
});
