import { control, partly, supports } from '../../core/control.ts';
import type { Change } from '../../core/plan.ts';
import type { See } from '../../core/see.ts';
import { type Build, buildsOf } from '../../targets/repo/build.ts';
import { isNumericNonRoot, withNumericUser } from '../../targets/repo/numeric-user.ts';
import { endOf } from '../../targets/repo/stage-user.ts';
import { sha256 } from '../../targets/repo/write.ts';

const want = 'a numeric user other than 0';

export default control({
  claim: 'Every image runs as a numeric user that is not root',
  why: 'Whoever breaks out of a process that is root in its container is a step closer to being root on the host, and Kubernetes can check numbers only.',
  requirements: [
    supports('phase7:container.non-root', 'the user that each image ends with is a number other than 0'),
    partly('tsc:CC6.1', 'processes hold fewer rights'),
    partly('tsc:CC6.8', 'what gets in can change less'),
  ],
  targets: { repo: 'repo' },
  touch: 'nothing',
  async prove({ repo }, see) {
    const { files, builds, blind } = await buildsOf(repo);
    for (const { subject, why, hint } of blind) see.blind(`${subject}: user`, why, { hint });
    if (files.doubt !== null)
      see.blind('Dockerfiles', files.doubt, { hint: 'point path: at a whole checkout, not a sparse one' });
    const inline = builds.some(({ path }) => path === null);
    if (files.items.length === 0 && files.recount.count === 0) {
      if (!inline && blind.length === 0) see.notApplicable('Dockerfiles', 'the repository builds no image');
    } else await see.population('Dockerfiles', files);
    for (const build of builds) {
      const { user, program } = endOf(build.file, build.stage, build.args);
      const subject = `${build.name}: user of ${stageName(build)}`;
      const hint = 'surety plan container/non-root';
      if (user.kind === 'unknown') {
        see.blind(subject, user.why, { hint: 'write the number, or give the ARG a default' });
      } else if (user.kind === 'none') {
        see.must(subject, false, { want, got: `no USER: what ${user.base} says, root by default`, hint });
      } else {
        const got = `${user.user === '' ? 'nobody named, so root' : user.user}${user.onbuild ? ' (by ONBUILD)' : ''}`;
        see.must(subject, isNumericNonRoot(user.user), { want, got, hint });
      }
      const raised = /(?:^|\/)(?:sudo|su|doas)$/.test(program ?? '');
      if (raised)
        see.must(`${build.name}: start of ${stageName(build)}`, false, {
          want: 'a program that keeps its user',
          got: program ?? '',
          hint: 'start the program itself, without sudo',
        });
      if (build.user !== null) runtimeUser(build.name, build.user, see);
    }
    see.note('containers', 'Dockerfiles were read; no image was built or run');
    const nested = await repo.nested();
    if (nested.length > 0) see.note('repositories inside', `not looked into: ${nested.join(', ')}`);
  },
  async plan({ repo }) {
    const { builds } = await buildsOf(repo);
    const changes: Change[] = [];
    for (const path of new Set(builds.map((build) => build.path))) {
      if (path === null) continue;
      const before = await repo.text(path);
      const after = withNumericUser(
        before,
        builds.filter((build) => build.path === path),
      );
      if (after === null || after === before) continue;
      changes.push({
        id: path,
        title: `run ${path} as a numeric user that is not root`,
        target: 'repo',
        steps: [{ file: path, before: sha256(before), content: after }],
        undo: [{ file: path, before: sha256(after), content: before }],
        requires: [],
      });
    }
    return changes;
  },
});

function runtimeUser(name: string, user: string, see: See): void {
  const subject = `${name}: user of the service`;
  const hint = 'remove user: so that the image decides, or write a number other than 0';
  if (user === '$') see.blind(subject, 'it comes from a variable without a default', { hint });
  else see.must(subject, isNumericNonRoot(user), { want, got: user === '' ? 'empty' : user, hint });
}

function stageName({ file, stage }: Build): string {
  if (stage.index === file.stages.length - 1) return 'the final stage';
  return `stage ${stage.name ?? stage.index}`;
}
