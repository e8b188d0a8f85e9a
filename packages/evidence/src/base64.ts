/**
 * Standard base64 (RFC 4648, section 4), padded, in its one canonical spelling; `null` otherwise. Node's own
 * decoder skips what it does not know, so that changed text could still mean the same bytes.
 */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}
