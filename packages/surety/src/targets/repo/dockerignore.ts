import { posix } from 'node:path';

type Rule = { readonly matches: (path: string) => boolean; readonly keeps: boolean };

/**
 * Whether a file like this leaves a path out of the build context. Not as `.gitignore` does: a pattern
 * without `**` speaks of the folder of the context only, and the last that matches decides.
 *
 * @param path from the context, `/` between its parts.
 */
export function excludes(dockerignore: string, path: string): boolean {
  const parts = path.split('/');
  const above = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  return rulesOf(dockerignore).reduce(
    (excluded, { matches, keeps }) => (above.some(matches) ? !keeps : excluded),
    false,
  );
}

function rulesOf(dockerignore: string): readonly Rule[] {
  return dockerignore
    .replace(/^\ufeff/, '')
    .split('\n')
    .filter((line) => !line.startsWith('#') && line.trim() !== '')
    .map((line) => {
      const keeps = line.trim().startsWith('!');
      const pattern = keeps ? line.trim().slice(1).trim() : line.trim();
      return { matches: pathPattern(pattern), keeps };
    });
}

/** `*` and `?` within one part of a path, `**` over several, `[…]` and `\` as usual. */
export function pathPattern(pattern: string): (path: string) => boolean {
  const clean = posix
    .normalize(pattern)
    .replace(/^\/(?=.)/, '')
    .replace(/(?<=.)\/$/, '');
  let source = '';
  for (let at = 0; at < clean.length; at += 1) {
    const char = clean.charAt(at);
    if (clean.startsWith('**', at)) {
      at += 1;
      const slash = clean.charAt(at + 1) === '/';
      if (slash) at += 1;
      source += slash ? '(?:.*/)?' : '.*';
    } else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '[' && clean.includes(']', at + 2)) {
      const end = clean.indexOf(']', at + 2);
      source += `[${clean.slice(at + 1, end).replace(/\\(?!.)|\[/g, '\\$&')}]`;
      at = end;
    } else if (char === '\\') {
      at += 1;
      source += literal(clean.charAt(at));
    } else source += literal(char);
  }
  try {
    const regex = new RegExp(`^${source}$`, 's');
    return (path) => regex.test(path);
  } catch {
    return () => false;
  }
}

function literal(char: string): string {
  return char.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
