import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Protocol, protocols, wireVersions } from '../targets/tls/protocol.ts';

export type Front = {
  /** Answers a hello in this protocol with a ServerHello that picks one of these suites. No handshake follows. */
  readonly speaks?: readonly {
    readonly protocol: Protocol;
    readonly suites: readonly number[];
    readonly compression?: true;
  }[];
  /** What is done with a hello older than TLS 1.3 that is not spoken. Default: the server behind says. */
  readonly old?: 'close' | 'reset' | 'drop';
  /** Answers SSLv2 as Java does: in SSLv2, that there is no cipher in common. */
  readonly ssl2Error?: true;
  /** After so many hellos the rest is turned down, whatever it offers. */
  readonly limit?: { readonly hellos: number; readonly by: 'close' | 'reset' | 'drop' };
};

/**
 * Stands in front of a TLS server and answers some hellos itself: no TLS library would offer what the
 * sabotages need. Everything else is passed on.
 */
export function tlsFront(front: Front, behind: { host: string; port: number }): Server {
  let hellos = 0;
  return createServer((client) => {
    client.on('error', () => client.destroy());
    whenHello(client, (hello) => {
      hellos += 1;
      if (front.limit !== undefined && hellos > front.limit.hellos) return turnDown(client, front.limit.by);
      const protocol = offeredProtocol(hello);
      const spoken = front.speaks?.find((one) => one.protocol === protocol);
      const suite = spoken?.suites.find((one) => offeredSuites(hello).includes(one));
      if (protocol === 'SSLv2' && front.ssl2Error) client.end(ssl2NoCipher);
      else if (spoken !== undefined) {
        client.end(
          suite === undefined ? handshakeFailure : serverHello(protocol, suite, spoken.compression ?? false),
        );
      } else if (protocol !== 'TLS 1.3' && front.old !== undefined) turnDown(client, front.old);
      else passOn(client, hello, behind);
    });
  });
}

function turnDown(client: Socket, how: NonNullable<Front['old']>): void {
  if (how === 'close') client.end();
  if (how === 'reset') client.resetAndDestroy();
}

function passOn(client: Socket, hello: Buffer, behind: { host: string; port: number }): void {
  const server = connect(behind);
  server.on('error', () => client.destroy());
  client.on('close', () => server.destroy());
  server.write(hello);
  client.pipe(server).pipe(client);
}

/** Calls back once, with the whole first record. */
function whenHello(client: Socket, done: (hello: Buffer) => void): void {
  let bytes = Buffer.alloc(0);
  const take = (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length < 5 || bytes.length < recordLength(bytes)) return;
    client.removeListener('data', take);
    done(bytes);
  };
  client.on('data', take);
}

const isSsl2 = (bytes: Buffer) => ((bytes[0] ?? 0) & 0x80) !== 0;

function recordLength(bytes: Buffer): number {
  return isSsl2(bytes) ? 2 + (bytes.readUInt16BE(0) & 0x7fff) : 5 + bytes.readUInt16BE(3);
}

/** The newest protocol that the hello offers. */
function offeredProtocol(hello: Buffer): Protocol {
  if (isSsl2(hello)) return 'SSLv2';
  if (supportedVersions(hello).includes(wireVersions['TLS 1.3'])) return 'TLS 1.3';
  const version = hello.readUInt16BE(9);
  return protocols.find((protocol) => wireVersions[protocol] === version) ?? 'TLS 1.2';
}

/** Where the suites start in a ClientHello: after record, header, version, random and session id. */
const suitesAt = (hello: Buffer) => 46 + (hello[43] ?? 0);

function offeredSuites(hello: Buffer): readonly number[] {
  if (isSsl2(hello)) return numbers(hello.subarray(11, 11 + hello.readUInt16BE(5)), 3);
  const from = suitesAt(hello);
  return numbers(hello.subarray(from, from + hello.readUInt16BE(from - 2)), 2);
}

function supportedVersions(hello: Buffer): readonly number[] {
  const compression = suitesAt(hello) + hello.readUInt16BE(suitesAt(hello) - 2);
  let at = compression + 1 + (hello[compression] ?? 0) + 2;
  while (at + 4 <= hello.length) {
    const length = hello.readUInt16BE(at + 2);
    if (hello.readUInt16BE(at) === 43) return numbers(hello.subarray(at + 5, at + 4 + length), 2);
    at += 4 + length;
  }
  return [];
}

function numbers(bytes: Buffer, width: number): readonly number[] {
  return Array.from({ length: bytes.length / width }, (_, index) => bytes.readUIntBE(index * width, width));
}

const ssl2NoCipher = Buffer.from('80030000011503030002020a', 'hex');
const handshakeFailure = Buffer.from([21, 3, 0, 0, 2, 2, 40]);

function serverHello(protocol: Protocol, suite: number, compression: boolean): Buffer {
  if (protocol === 'SSLv2') return ssl2ServerHello(suite);
  const version = wireVersions[protocol];
  const body = Buffer.alloc(38);
  body.writeUInt16BE(Math.min(version, 0x0303), 0);
  body.fill(7, 2, 34);
  body.writeUInt16BE(suite, 35);
  body[37] = compression ? 1 : 0;
  const extensions = protocol === 'TLS 1.3' ? Buffer.from([0, 6, 0, 43, 0, 2, 3, 4]) : Buffer.alloc(0);
  const length = body.length + extensions.length;
  const header = Buffer.from([22, 3, version & 0xff, 0, length + 4, 2, 0, 0, length]);
  return Buffer.concat([header, body, extensions]);
}

function ssl2ServerHello(kind: number): Buffer {
  const body = Buffer.alloc(11 + 3);
  body[0] = 4;
  body.writeUInt16BE(wireVersions.SSLv2, 3);
  body.writeUInt16BE(3, 7);
  body.writeUIntBE(kind, 11, 3);
  return Buffer.concat([Buffer.from([0x80, body.length]), body]);
}
