/** Passwords in a connection string, decoded: before the host, and in the query, which overrules it. */
export function passwordsIn(connection: string): readonly string[] {
  const { password, searchParams } = new URL(connection);
  return [decodeURIComponent(password), ...searchParams.getAll('password')].filter((one) => one !== '');
}
