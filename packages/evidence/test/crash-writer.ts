// A process of its own that appends until it is killed: FOLDER LOG-KEY.pem PROBER-KEY.pem NAME.
import { readFileSync } from 'node:fs';
import { openLog, privateKeyFromPem } from '../src/index.ts';
import { origin, run } from './scratch.ts';

const [folder = '', logKey = '', proberKey = '', name = ''] = process.argv.slice(2);
const log = await openLog({
  folder,
  origin,
  logKey: privateKeyFromPem(readFileSync(logKey, 'utf8')),
  proberKey: privateKeyFromPem(readFileSync(proberKey, 'utf8')),
  now: () => new Date(),
});
for (let turn = 0; ; turn += 1) {
  const controls = Array.from({ length: 1 + ((turn * 37) % 60) }, (_, n) => `area/c${n}`);
  const appended = await log.append(run(`${name}-${process.pid}-${turn}`, controls));
  process.stdout.write(`${appended.at(-1)?.digest}\n`);
}
