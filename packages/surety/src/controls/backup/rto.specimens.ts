import { putReceipt, withRung } from '../../testing/drill-receipt.ts';
import { scratchBackup } from '../../testing/scratch-backup.ts';
import { specimens } from '../../testing/specimens.ts';
import rto from './rto.ts';

const hour = 3_600_000;

export default specimens({
  control: rto,
  on: () => scratchBackup({ prepare: (site) => putReceipt(site), needs: ['stores', 'receipts'] }),
  lookalikes: {
    'a failed drill, and a later one that passed': {
      break: { edit: (site) => putReceipt(site, { days: 3, edit: withRung('rows', 'fail') }) },
    },
    'five hours, where six are promised': {
      break: {
        facts: { objectives: { recoveryHours: 6 } },
        unprepared: true,
        edit: (site) =>
          putReceipt(site, {
            edit: (one) => ({ ...one, recovery: { restore: 5 * hour }, projected: 5 * hour }),
          }),
      },
    },
    'the quarter is nearly over': {
      break: { unprepared: true, edit: (site) => putReceipt(site, { days: 91 }) },
    },
  },
  sabotages: {
    'five hours': {
      break: {
        edit: (site) =>
          putReceipt(site, { days: 0, edit: (one) => ({ ...one, recovery: { restore: 5 * hour } }) }),
      },
      names: 'recovery: measured',
    },
    'a slow store: most of it is fetching': {
      break: {
        edit: (site) =>
          putReceipt(site, {
            days: 0,
            edit: (one) => ({ ...one, recovery: { ...one.recovery, fetch: 4 * hour } }),
          }),
      },
      names: 'fetch 240.0 min',
    },
    'quick on a sample, too slow for production': {
      break: {
        edit: (site) => putReceipt(site, { days: 0, edit: (one) => ({ ...one, projected: 9 * hour }) }),
      },
      names: 'recovery: at the size of production',
    },
    'the last drill failed': {
      break: { edit: (site) => putReceipt(site, { days: 0, edit: withRung('catalog', 'fail') }) },
      names: 'catalog: it was otherwise',
    },
    'a drill of half a year ago': {
      break: { unprepared: true, edit: (site) => putReceipt(site, { days: 180 }) },
      names: '180.0 days ago',
    },
    'a drill of tomorrow': {
      break: { edit: (site) => putReceipt(site, { days: -1 }) },
      names: 'last drill: when',
    },
    'a drill that failed, and later ones that passed: of another database, and of one that is called alike elsewhere':
      {
        break: {
          unprepared: true,
          edit: async (site) => {
            await putReceipt(site, { days: 3, edit: withRung('catalog', 'fail') });
            for (const other of [{ database: 'small' }, { systemIdentifier: '7000000000000000000' }])
              await putReceipt(site, { edit: (one) => ({ ...one, source: { ...one.source, ...other } }) });
          },
        },
        names: 'catalog: it was otherwise',
      },
    'a receipt that somebody else signed': {
      break: { edit: (site) => putReceipt(site, { days: 0, key: site.stage.stranger }) },
      names: 'receipts that do not verify',
    },
  },
});
