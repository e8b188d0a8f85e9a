import { resolve } from 'node:path';
import { control, partly, supports } from '../../core/control.ts';
import { SuretyError } from '../../core/error.ts';
import type { See } from '../../core/see.ts';
import { page, rulesOf } from '../../targets/backup/pager.ts';
import { type Firing, type RuleTrial, ruleTrial } from '../../targets/backup/rule-trial.ts';
import type { BackupTarget } from '../../targets/backup/target.ts';

export default control({
  claim: 'A backup that failed, one that did not come, and silence about them each reach the pager',
  why: 'The alert that nobody ever saw firing is found to be misspelt on the day after the backup was needed.',
  requirements: [
    supports(
      'phase7:monitoring.backup-alerts',
      'a failed and a missed run are made up, and what fires is sent to the pager',
    ),
    supports(
      'phase7:production.backup-alerting',
      'the rules fire, Prometheus has them, and Alertmanager notified somebody',
    ),
    partly('tsc:CC7.2', 'failures of backups are noticed'),
    partly('tsc:A1.2', 'backups are watched'),
  ],
  targets: { backups: 'backup' },
  touch: 'writes',
  timeout: 600_000,
  async prove({ backups }, see) {
    const { alerts, root, signal } = backups;
    if (alerts === undefined) {
      see.blind('alerts', 'the estate names no alert rules', {
        hint: 'alerts: { rules, prometheus, receiver }',
      });
      return;
    }
    const names = backups.stores.map(({ name }) => name);
    const fires = fired(await ruleTrial(resolve(root, alerts.rules), names, signal), see);
    await ifItAnswers('Prometheus', alerts.prometheus, see, async (url) =>
      evaluated(await rulesOf(url, signal), fires, see),
    );
    await ifItAnswers('pager', alerts.receiver, see, (url) => paged(url, fires, backups, see));
  },
});

type Fires = { readonly failed: Firing | undefined; readonly missed: Firing | undefined };

/** What fires besides what always does. */
function fired({ well, failed, missed, silent }: RuleTrial, see: See): Fires {
  const always = new Set(well.map(nameOf));
  const only = (some: readonly Firing[]): readonly Firing[] => some.filter((one) => !always.has(nameOf(one)));
  see.equal('while all is well', [], [...always], {
    method: 'drill',
    hint: 'an alert that always fires is read by nobody',
  });
  const each = {
    'a run that failed': only(failed),
    'a run that did not come': only(missed),
    'no word of any run': silent,
  };
  for (const [subject, some] of Object.entries(each)) {
    see.must(subject, some.length > 0, {
      method: 'drill',
      want: 'an alert that fires',
      got: [...new Set(some.map(nameOf))].join(', ') || 'none does',
      hint: 'take the rules that examples/budget/infra/backup/alerts.yaml has',
    });
  }
  return { failed: worst(only(failed)), missed: worst(only(missed)) };
}

/** The one that somebody is woken by, where there is a warning as well. */
function worst(some: readonly Firing[]): Firing | undefined {
  return some.find(({ severity }) => /^(critical|page|high)$/i.test(severity ?? '')) ?? some[0];
}

async function ifItAnswers(
  what: string,
  url: string | undefined,
  see: See,
  work: (url: string) => Promise<void>,
): Promise<void> {
  if (url === undefined) {
    see.blind(what, 'the estate does not say where it is', {
      hint: 'alerts: { rules, prometheus, receiver }',
    });
    return;
  }
  try {
    await work(url);
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    see.blind(what, error.message, { hint: error.hint });
  }
}

function evaluated(has: readonly string[], fires: Fires, see: See): void {
  const wanted = Object.values(fires).flatMap((one) => (one === undefined ? [] : [nameOf(one)]));
  see.equal(
    'rules that Prometheus does not evaluate',
    [],
    [...new Set(wanted)].filter((name) => !has.includes(name)),
    {
      method: 'read',
      hint: 'add the file to rule_files of prometheus.yml, and reload it',
    },
  );
}

async function paged(url: string, fires: Fires, { signal }: BackupTarget, see: See): Promise<void> {
  for (const [what, alert] of Object.entries(fires)) {
    if (alert === undefined) continue;
    const { receivers, delivered, failures } = await page(url, alert, signal);
    const to = receivers.length === 0 ? 'no receiver' : receivers.join(', ');
    see.must(`${nameOf(alert)} of a ${what} run: notified`, delivered && receivers.length > 0, {
      method: 'drill',
      want: 'a receiver that took it',
      got:
        failures > 0
          ? `${to}, which could not be notified`
          : `${to}${delivered ? '' : ', and nobody was notified in time'}`,
      hint: 'see route and receivers of alertmanager.yml: amtool config routes test',
    });
  }
}

function nameOf(alert: Firing): string {
  return alert.alertname ?? '';
}
