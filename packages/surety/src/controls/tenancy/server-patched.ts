import { control, partly } from '../../core/control.ts';
import { serverHoles } from '../../targets/postgres/server-holes.ts';
import {
  isSupported,
  listAge,
  mendedRelease,
  type ServerVersion,
  standing,
} from '../../targets/postgres/server-version.ts';

export default control({
  claim: 'The server has no known hole in row security that this database is open to',
  why: 'The best policies are worth what the server makes of them, and several releases made too little.',
  requirements: [
    partly('tsc:CC6.1', 'the server that enforces access does so as documented'),
    partly('tsc:CC7.1', 'compares the server with what is known of holes in row security'),
    partly('phase7:rls.isolation', 'a hole of the server lets a session past every policy'),
  ],
  targets: { db: 'postgres' },
  touch: 'nothing',
  async prove({ db }, see) {
    const { version, uses, day } = await db.server();
    const server = `PostgreSQL ${version.text}`;
    const supported = isSupported(version, day);
    if (supported === null) see.blind(server, `this major release is newer than the list of holes`, newer);
    else {
      see.must(`${server}: still gets fixes`, supported, {
        want: 'a major release before its end of life',
        got: supported ? 'supported' : `PostgreSQL ${version.major} is at its end of life`,
        hint: 'upgrade to a supported major release',
      });
    }
    if (version.preRelease)
      see.blind(server, 'a pre-release: what it lacks is written down nowhere', {
        hint: upgradeOf(version),
      });
    if (version.fork !== null)
      see.note(server, `${version.fork}, by the number of the PostgreSQL it follows`);
    const { days, stale } = listAge(day);
    if (stale) see.blind('list of known holes', `it is ${days} days old`, newer);
    for (const hole of serverHoles) {
      const subject = `${hole.id}: ${hole.what}`;
      const stands = standing(hole, version, uses);
      switch (stands.is) {
        case 'closed':
          see.must(subject, true, { want: 'mended', got: stands.why });
          break;
        case 'open':
          see.must(subject, false, {
            want: 'mended',
            got: `open on ${version.text}: ${stands.why}`,
            hint: stands.run === undefined ? upgradeOf(version) : `run ${stands.run}`,
          });
          break;
        case 'out of use':
          see.note(subject, stands.why);
          break;
        case 'unknown':
          see.blind(subject, stands.why, { hint: `read ${hole.source}` });
      }
    }
  },
});

const newer = { hint: 'use a newer release of surety' };

function upgradeOf({ major }: ServerVersion): string {
  const release = mendedRelease(major);
  return release === null
    ? 'upgrade to the newest minor release of a supported major release'
    : `upgrade to PostgreSQL ${release} or newer`;
}
