import type { SuretyConfig } from 'surety';
import { budgetBackups } from './surety/budget-backups.ts';

/**
 * The machine that restores and drills. The identity comes from its medium for as long as that takes, and never lies on
 * the machine that makes backups.
 */
export default ((values) => ({
  name: 'budget',
  environment: 'production',
  writer: 'restore',
  targets: {
    'budget-backups': { ...budgetBackups(values), identity: values.file('/run/keys/budget-backups.age') },
  },
})) satisfies SuretyConfig;
