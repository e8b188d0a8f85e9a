/**
 * Where a repository is hosted, in one form for all that git takes (`https://`, `ssh://`, `git@host:path`):
 * `github.com/acme/budget`. Without user, password, port, query or `.git`.
 *
 * @returns `null` for a folder of this machine: its path says nothing to others.
 */
export function originOf(url: string): string | null {
  if (/^(?:[./~\\]|[A-Za-z]:[\\/])/.test(url)) return null;
  const parsed = URL.parse(url);
  if (parsed?.protocol === 'file:') return null;
  const scp = /^(?:[^/]*@)?([^/@:]+):([^/].*)$/.exec(url);
  const [host, path] =
    parsed !== null && parsed.host !== ''
      ? [parsed.hostname, parsed.pathname]
      : [scp?.[1] ?? '', scp?.[2] ?? ''];
  if (host === '') return null;
  const plain = path
    .replace(/[?#].*$/, '')
    .replace(/^\/+|\/+$/g, '')
    .replace(/\.git$/, '');
  return `${host.toLowerCase()}/${plain}`;
}
