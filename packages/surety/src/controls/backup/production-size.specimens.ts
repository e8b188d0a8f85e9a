import type { Receipt } from '../../backup/drill/receipt.ts';
import { putReceipt, withRung } from '../../testing/drill-receipt.ts';
import { scratchBackup } from '../../testing/scratch-backup.ts';
import { specimens } from '../../testing/specimens.ts';
import productionSize from './production-size.ts';

const sized =
  (share: number) =>
  (one: Receipt): Receipt => ({
    ...one,
    sizes: { ...one.sizes, source: Math.round((one.sizes.source ?? 0) * share) },
  });

export default specimens({
  control: productionSize,
  on: () =>
    scratchBackup({
      prepare: (site) => putReceipt(site, { edit: sized(0.6) }),
      needs: ['stores', 'receipts', 'sample', 'database'],
    }),
  lookalikes: {
    'production has grown a little since': {
      break: {
        sql: 'create table more as select n, repeat(md5(n::text), 20) as text from generate_series(1, 500) n',
      },
    },
    'production has shrunk since': {
      break: {
        unprepared: true,
        edit: (site) => putReceipt(site, { edit: sized(100) }),
      },
    },
    'a third, where a third is enough': {
      break: {
        facts: { objectives: { productionShare: 0.3 } },
        unprepared: true,
        edit: (site) => putReceipt(site, { edit: sized(1 / 3) }),
      },
    },
  },
  sabotages: {
    'the last drill failed': {
      break: { edit: (site) => putReceipt(site, { days: 0, edit: withRung('rows', 'fail') }) },
      names: 'rows: it was otherwise',
    },
    'a drill of half a year ago': {
      break: { unprepared: true, edit: (site) => putReceipt(site, { days: 180 }) },
      names: 'last drill: when',
    },
    'a receipt that somebody else signed': {
      break: { edit: (site) => putReceipt(site, { days: 0, key: site.stage.stranger }) },
      names: 'receipts that do not verify',
    },
  },
});
