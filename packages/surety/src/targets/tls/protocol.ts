/** Oldest first. */
export const protocols = ['SSLv2', 'SSLv3', 'TLS 1.0', 'TLS 1.1', 'TLS 1.2', 'TLS 1.3'] as const;
export type Protocol = (typeof protocols)[number];

/** The number by which each is named on the wire. */
export const wireVersions: Readonly<Record<Protocol, number>> = {
  SSLv2: 0x0002,
  SSLv3: 0x0300,
  'TLS 1.0': 0x0301,
  'TLS 1.1': 0x0302,
  'TLS 1.2': 0x0303,
  'TLS 1.3': 0x0304,
};

/** `TLS 1.2`, or the number where it is none of ours. */
export function versionName(version: number): string {
  return protocols.find((protocol) => wireVersions[protocol] === version) ?? `0x${version.toString(16)}`;
}
