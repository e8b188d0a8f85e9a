/** A name for an estate, a target or a writer from any text; `otherwise` where nothing of the text is left. */
export function slug(text: string, otherwise: string): string {
  const plain = text
    .toLowerCase()
    .replace(/^@[^/]*\//, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50)
    .replace(/-+$/, '');
  return plain === '' ? otherwise : plain;
}
