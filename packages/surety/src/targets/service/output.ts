const maximumLines = 200;
const maximumLineLength = 2_000;
/** More than is kept, so that a secret at the edge of what is kept is still seen whole by the redactor. */
const maximumPartialLength = 16_384;
const shortestSecret = 6;

/** What a process wrote: its last 200 lines, each cut at 2,000 characters, secrets blacked out. */
export type Output = {
  add(line: string): void;
  /** Oldest first. */
  lines(): readonly string[];
};

/** An empty output. `secrets` are blacked out wherever they appear, and so are passwords in URLs. */
export function outputWithout(secrets: readonly string[]): Output {
  const redact = redactor(secrets);
  const kept: string[] = [];
  return {
    add(line) {
      kept.push(redact(line).slice(0, maximumLineLength));
      if (kept.length > maximumLines) kept.shift();
    },
    lines: () => [...kept],
  };
}

/** Gives whole lines to `onLine`, of which the first 16,384 characters count. The caller ends the last one with a newline. */
export function splitLines(onLine: (line: string) => void): (chunk: string) => void {
  let partial = '';
  return (chunk) => {
    const pieces = chunk.split(/\r?\n/);
    for (const [index, piece] of pieces.entries()) {
      partial = (partial + piece).slice(0, maximumPartialLength);
      if (index === pieces.length - 1) return;
      onLine(partial);
      partial = '';
    }
  };
}

/** The values of an environment that must not be printed: all but numbers and short words, and passwords inside URLs. */
export function secretsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  const values = Object.values(environment);
  const passwords = values.flatMap((value) => {
    const { password } = URL.parse(value) ?? { password: '' };
    return [password, decoded(password)];
  });
  return [...values.filter((value) => value.length >= shortestSecret && !/^\d+$/.test(value)), ...passwords];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function redactor(secrets: readonly string[]): (line: string) => string {
  const longestFirst = [...new Set(secrets)]
    .filter((secret) => secret !== '')
    .sort((a, b) => b.length - a.length);
  return (line) =>
    longestFirst
      .reduce((text, secret) => text.replaceAll(secret, '[redacted]'), line)
      .replace(/(\w+:\/\/[^\s/:@]*):[^\s/@]+@/g, '$1:[redacted]@');
}
