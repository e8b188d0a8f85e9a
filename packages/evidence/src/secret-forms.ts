/** Below this a secret is looked for as a whole word only, because it stands in other words by chance. */
export const everywhereLength = 6;
/** Below this a secret is not looked for at all: blacking out every `1` or `on` leaves no evidence. */
export const shortestLength = 4;

const lineLength = 12;

/** The texts that give a secret away: itself, its long lines, and all of that in the encodings it travels in. */
export function secretForms(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  const parts =
    lines.length === 1 ? [] : lines.filter((line) => line.length >= lineLength && !/^-----/.test(line));
  const forms = [secret, secret.trim(), ...parts].flatMap(encodings);
  return [...new Set(forms)].filter((form) => form.length >= shortestLength);
}

function encodings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const url = encodeURIComponent(secret.toWellFormed());
  const json = JSON.stringify(secret).slice(1, -1);
  const hex = bytes.toString('hex');
  return [
    secret,
    json,
    // JSON within JSON, as a log line that quotes a response has it.
    JSON.stringify(json).slice(1, -1),
    url,
    url.replaceAll('%20', '+'),
    url.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()),
    encodeURI(secret.toWellFormed()),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    hex,
    hex.toUpperCase(),
    ...base64Forms(bytes),
  ];
}

/** Base64 as it stands within longer base64: for each place in a group of three bytes, what depends on the secret alone. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
    const core = padded
      .toString('base64')
      .slice(Math.ceil((offset * 8) / 6), Math.floor((padded.length * 8) / 6));
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
