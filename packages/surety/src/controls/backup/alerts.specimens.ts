import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Site, scratchBackup } from '../../testing/scratch-backup.ts';
import { specimens } from '../../testing/specimens.ts';
import alerts from './alerts.ts';

const missed = `      - alert: BackupMissed
        expr: >-
          time() - max by (target) (surety_backup_newest_timestamp_seconds)
          > max by (target) (surety_backup_interval_seconds + surety_backup_grace_seconds)
        labels: { severity: critical }
`;
const failed = `      - alert: BackupFailed
        expr: surety_backup_last_run_success == 0
        labels: { severity: critical }
`;
const absent = `      - alert: BackupMetricsAbsent
        expr: absent(surety_backup_interval_seconds)
        for: 15m
        labels: { severity: critical }
`;
const rules = (...some: readonly string[]): string =>
  `groups:\n  - name: backup\n    rules:\n${some.join('')}`;
const all = rules(missed, failed, absent);
const written = (text: string) => ({
  edit: ({ root }: Site): Promise<void> => writeFile(join(root, 'alerts.yaml'), text),
});

export default specimens({
  control: alerts,
  on: () =>
    scratchBackup({
      ages: [],
      pager: { rules: ['BackupMissed', 'BackupFailed', 'BackupMetricsAbsent'] },
      prepare: ({ root }) => writeFile(join(root, 'alerts.yaml'), all),
      needs: ['pager'],
    }),
  lookalikes: {
    'other rules beside them': {
      break: written(`${all}      - alert: DiskFull\n        expr: node_filesystem_avail_bytes < 1\n`),
    },
    'another name, a longer wait': {
      break: {
        pager: { rules: ['NoBackup', 'BackupFailed', 'BackupMetricsAbsent'] },
        ...written(all.replace('BackupMissed', 'NoBackup').replace('for: 15m', 'for: 2h')),
      },
    },
  },
  sabotages: {
    'the rule for a failed run was removed': {
      break: written(rules(missed, absent)),
      names: 'a run that failed',
    },
    'the rule for a missed run was removed': {
      break: written(rules(failed, absent)),
      names: 'a run that did not come',
    },
    'nothing notices silence': { break: written(rules(missed, failed)), names: 'no word of any run' },
    'a metric is misspelt': {
      break: written(all.replace('last_run_success', 'last_run_succes')),
      names: 'a run that failed',
    },
    'it waits for a week': {
      break: written(all.replace('== 0\n', '== 0\n        for: 7d\n')),
      names: 'a run that failed',
    },
    'an alert that always fires': {
      break: written(all.replace('last_run_success == 0', 'last_run_success >= 0')),
      names: 'while all is well',
    },
    'Prometheus does not have the rules': {
      break: { pager: { rules: ['DiskFull'] } },
      names: 'rules that Prometheus does not evaluate',
    },
    'the pager is routed nowhere': {
      break: { pager: { rules: ['BackupMissed', 'BackupFailed'], does: 'route nowhere' } },
      names: 'no receiver',
    },
    'the pager cannot be notified': {
      break: { pager: { rules: ['BackupMissed', 'BackupFailed'], does: 'fail to deliver' } },
      names: 'which could not be notified',
    },
  },
});
