/** A value that is read when the estate is loaded, and redacted from every output. */
export type Value =
  | { readonly from: 'env'; readonly name: string }
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'command'; readonly argv: readonly string[] };

export type Values = {
  env(name: string): Value;
  file(path: string): Value;
  command(...argv: string[]): Value;
};
