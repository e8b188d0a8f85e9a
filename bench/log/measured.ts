// A process of its own, so that its memory is only what the work took: WORK FOLDER.
import { openProver, verifyLog } from '@surety/evidence';

const [work = '', folder = ''] = process.argv.slice(2);
const started = performance.now();
let count = 0;
if (work === 'prove') {
  const prover = await openProver(folder);
  const { size } = prover.checkpoint;
  for (count = 0; count < 400; count += 1) {
    await prover.inclusion((count * 7919 * 131) % size);
    await prover.consistency(1 + ((count * 6007 * 173) % size));
  }
} else if (work === 'verify') {
  const { ok, size } = await verifyLog(folder, { now: new Date('2027-01-01T00:00:00.000Z') });
  if (!ok) throw new Error('the log that was just written does not verify');
  count = size;
}
const milliseconds = performance.now() - started;
// In kilobytes.
process.stdout.write(
  JSON.stringify({ milliseconds, count, megabytes: process.resourceUsage().maxRSS / 1024 }),
);
