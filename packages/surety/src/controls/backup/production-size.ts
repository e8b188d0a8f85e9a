import { megabytes } from '../../backup/preflight.ts';
import { control, partly, supports } from '../../core/control.ts';
import { lastDrill } from '../../targets/backup/last-drill.ts';

export default control({
  claim: 'What the last drill restored was of the size of production',
  why: 'A sample of a hundredth restores in a hundredth of the time, and says nothing of what breaks at the hundredfold.',
  requirements: [
    supports(
      'phase7:validation.restore-production-size',
      'the size that was restored is held against the live database',
    ),
    partly('phase7:checklist.backup.restore-tested', 'a backup of the size of production was restored'),
    partly('tsc:A1.3', 'recovery is tested on what would be recovered'),
  ],
  targets: { backups: 'backup' },
  touch: 'nothing',
  async prove({ backups }, see) {
    const last = await lastDrill(backups, see);
    if (last === null) return;
    const { size: production } = await backups.source();
    const { source: restored } = last.sizes;
    const { productionShare } = backups.objectives;
    if (restored === null) {
      see.blind('size of what was restored', 'the receipt does not say', { hint: 'surety drill' });
      return;
    }
    const known = Math.max(production, last.sizes.production ?? 0);
    const share = restored / known;
    const sizes = `${megabytes(restored)} of ${megabytes(known)}, ${Math.floor(share * 100)} %`;
    // Less is no failure of the backups: nobody has tried, and a projection is not a test.
    if (share < productionShare) {
      see.blind('size of what was restored', `${sizes}; what was restored is a sample`, {
        hint: 'drill a backup of production: surety drill',
      });
      return;
    }
    see.must('size of what was restored', true, {
      want: `at least ${Math.round(productionShare * 100)} % of production`,
      got: sizes,
    });
  },
});
