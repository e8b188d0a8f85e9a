import type { Bench } from '../bench.ts';
import { attackRows } from './attack.ts';
import { policyRows } from './policies.ts';
import { runtimeRows } from './runtime.ts';

/** What isolation costs where it is paid: in the server's plans, on the way to the server, and in the attack itself. */
const bench: Bench = {
  name: 'tenancy',
  summary: 'planned policies against a WHERE by hand, ways to name the tenant, and the attack run',
  async run(show) {
    return {
      rows: [...(await policyRows(show)), ...(await runtimeRows({ show })), ...(await attackRows(show))],
    };
  },
};
export default bench;
