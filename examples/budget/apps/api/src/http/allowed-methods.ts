export type Route = { method: string; path: string };

/** The methods that a path has, in order; none when nothing is there. `:name` in a route stands for one segment. */
export function allowedMethods(routes: readonly Route[], path: string): readonly string[] {
  const methods = routes.filter((route) => matches(route.path, path)).map((route) => route.method);
  return methods.length === 0 ? [] : [...new Set([...methods, 'OPTIONS'])].sort();
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return false;
  return wanted.every((segment, n) => (segment.startsWith(':') ? given[n] !== '' : segment === given[n]));
}
