import type { SuretyConfig } from 'surety';
import { budgetBackups } from './surety/budget-backups.ts';

/** The machine that makes backups. It knows nothing of the API, and holds no identity that opens what it made. */
export default ((values) => ({
  name: 'budget',
  environment: 'production',
  writer: 'backup',
  targets: { 'budget-backups': budgetBackups(values) },
})) satisfies SuretyConfig;
