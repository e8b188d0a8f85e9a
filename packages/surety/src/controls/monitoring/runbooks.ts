import { control, partly, supports } from '../../core/control.ts';
import { BlindError } from '../../core/error.ts';
import type { See } from '../../core/see.ts';
import { baseOf, type RepoPath } from '../../targets/repo/name.ts';
import { type Alert, pageOf, type Runbook, readAlerts, readRunbook } from '../../targets/repo/runbook.ts';
import type { Repo } from '../../targets/repo/target.ts';

export default control({
  claim: 'Every alert leads to a runbook whose every step has an owner, and a person reviewed them',
  why: 'At night nobody finds out who restarts what: the page has to say it, and it has to be there.',
  requirements: [
    supports('mp22:5.6', 'the pages exist, their steps have owners, and somebody vouches for them'),
    partly('tsc:CC7.4', 'how incidents are answered is written down'),
  ],
  targets: { repo: 'repo' },
  touch: 'nothing',
  attested: {
    question:
      'Have you read every runbook in the last three months, with its severity levels, escalation and communication, and do they fit the system as it is?',
    days: 92,
  },
  async prove({ repo }, see) {
    const files = await repo.files(
      (path) => repo.runbooks.some((folder) => path.startsWith(`${folder}/`)) && isPage(path),
    );
    if (files.doubt !== null)
      see.blind('runbooks', files.doubt, { hint: 'point path: at a whole checkout, not a sparse one' });
    const where = repo.runbooks.join(', ');
    if (files.doubt === null || files.items.length > 0)
      see.must(`runbooks in ${where}`, files.items.length > 0, {
        want: 'at least one',
        got: String(files.items.length),
        hint: `write ${repo.runbooks[0]}/incident.md, or set runbooks: in surety.config.ts`,
      });
    if (files.items.length > 0) await see.population('runbooks', files);
    const pages = new Map<RepoPath, Runbook>();
    for (const path of files.items)
      await reading(path, see, async () => void pages.set(path, readRunbook(await repo.text(path))));
    for (const [path, page] of pages) owned(path, page, see);
    const { origin } = await repo.identity();
    const home = typeof origin === 'string' ? origin : null;
    for (const path of (await repo.files(isYaml)).items)
      await reading(path, see, async () => {
        const text = await repo.text(path);
        if (!/(?:^|[\s{,-])["']?alert["']?\s*:/m.test(text)) return;
        const alerts = readAlerts(text);
        if ('trouble' in alerts) see.blind(path, alerts.trouble, { hint: `correct ${path}` });
        else
          for (const alert of alerts)
            await leads(alert, path, { repo, pages, home, doubt: files.doubt }, see);
      });
    await see.attestation('reviewed by a person');
  },
});

type Known = {
  readonly repo: Repo;
  readonly pages: ReadonlyMap<RepoPath, Runbook>;
  readonly home: string | null;
  readonly doubt: string | null;
};

async function leads(
  alert: Alert,
  file: RepoPath,
  { repo, pages, home, doubt }: Known,
  see: See,
): Promise<void> {
  const subject = `${file}: runbook of ${alert.name}`;
  const hint = `set annotations.runbook_url of ${alert.name}`;
  if (alert.runbook === null) return see.must(subject, false, { want: 'a page', got: 'none named', hint });
  const page = pageOf(alert.runbook, file, home);
  if (page === null)
    return see.blind(subject, 'its page stands outside of the repository', {
      hint: 'keep runbooks in the repository, where they change together with the system',
    });
  const there = !page.path.startsWith('..') && (await repo.has(page.path));
  if (!there && doubt !== null) return see.blind(subject, doubt, { hint });
  see.must(subject, there, {
    want: 'a page that exists',
    got: there ? 'it exists' : `no ${page.path}`,
    hint,
  });
  const known = pages.get(page.path);
  if (there && known && page.anchor !== null)
    see.must(`${subject}, its section`, known.anchors.has(page.anchor), {
      want: 'a heading of that page',
      got: `#${page.anchor}`,
      hint,
    });
}

function owned(path: RepoPath, { steps, ownerless }: Runbook, see: See): void {
  see.must(`${path}: steps`, steps > 0, {
    want: 'at least one',
    got: String(steps),
    hint: 'number the steps, or give them in a table with a column Owner',
  });
  see.must(`${path}: every step has an owner`, ownerless.length === 0, {
    want: 'all owned',
    got: ownerless.length === 0 ? 'all owned' : `nobody for: ${ownerless.slice(0, 3).join('; ')}`,
    hint: 'write Owner: on a line of its own, or (owner: …) in the step',
  });
}

async function reading(path: RepoPath, see: See, look: () => Promise<void>): Promise<void> {
  try {
    await look();
  } catch (error) {
    if (!(error instanceof BlindError)) throw error;
    see.blind(path, error.message, { hint: error.hint });
  }
}

function isPage(path: RepoPath): boolean {
  return /\.(?:md|markdown)$/i.test(path) && !/^(?:readme|index|_?template)\./i.test(baseOf(path));
}

function isYaml(path: RepoPath): boolean {
  return /\.ya?ml$/i.test(path);
}
