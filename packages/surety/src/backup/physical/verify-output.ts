/** How the files of one backup, or of the archive, were found. */
export type Checked = {
  readonly what: string;
  readonly files: number;
  readonly valid: number;
  /** `2 missing, 1 checksum invalid`; `null` where all is well. */
  readonly trouble: string | null;
};

export type Verified = { readonly archive: readonly Checked[]; readonly backups: readonly Checked[] };

const counted = /total (?:WAL|files) checked: (\d+), total valid (?:WAL|files): (\d+)/;

/**
 * What `pgbackrest verify --output=text --verbose` said. It exits 0 whatever it found, calls a backup without its
 * manifest `ok`, and does not see that a WAL segment is missing: so each line is counted here, and segments are walked elsewhere.
 */
export function readVerified(text: string): Verified & { readonly trouble: string | null } {
  const lines = text.split('\n').map((line) => line.trim());
  const archive: Checked[] = [];
  const backups: Checked[] = [];
  let trouble: string | null = null;
  for (const [at, line] of lines.entries()) {
    if (/^No usable (backup|archive)\.info file/.test(line)) trouble = line;
    const [, kind, what = '', rest = ''] = /^(archiveId|backup): ([^,]+), (.*)$/.exec(line) ?? [];
    if (kind === undefined) continue;
    const checked = readChecked(what, rest, lines[at + 1] ?? '');
    (kind === 'backup' ? backups : archive).push(checked);
  }
  return { archive, backups, trouble };
}

function readChecked(what: string, rest: string, next: string): Checked {
  const [, checked, valid] = counted.exec(rest) ?? [];
  const files = Number(checked ?? 0);
  const good = Number(valid ?? 0);
  const status = /^status: ([^,]+)/.exec(rest)?.[1] ?? 'valid';
  // Where its list is missing, no counts follow: the next line is of the next backup.
  const counts = next.startsWith('missing: ') ? next : '';
  const faults = [...counts.matchAll(/([a-z ]+): ([1-9]\d*)/g)].map(
    ([, name, count]) => `${count} ${name?.trim()}`,
  );
  const wrong = status !== 'valid' || files !== good || checked === undefined;
  return { what, files, valid: good, trouble: wrong ? faults.join(', ') || status : null };
}
