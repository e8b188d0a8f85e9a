import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Config } from '../config.ts';

const compact = /^[A-Za-z0-9_-]{1,512}\.[A-Za-z0-9_-]{1,1024}\.[A-Za-z0-9_-]{43}$/;
const claims = z.object({ sub: z.uuid(), iat: z.int(), exp: z.int() });

/** Makes and checks access tokens: one algorithm, one key, one type, a short life. */
@Injectable()
export class AccessTokens {
  readonly #key: Uint8Array;
  readonly #issuer: string;
  readonly #audience: string;
  readonly #lifetime: number;

  constructor(config: Config) {
    this.#key = new TextEncoder().encode(config.JWT_SECRET);
    this.#issuer = config.JWT_ISSUER;
    this.#audience = config.JWT_AUDIENCE;
    this.#lifetime = config.JWT_LIFETIME;
  }

  async issue(userId: string): Promise<string> {
    return new SignJWT()
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
      .setSubject(userId)
      .setIssuer(this.#issuer)
      .setAudience(this.#audience)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(`${this.#lifetime}s`)
      .sign(this.#key);
  }

  /** The user id of a token that is ours and alive; `undefined` for everything else. */
  async userOf(token: string): Promise<string | undefined> {
    // jose decodes base64 leniently: a token must have one spelling only.
    if (!compact.test(token) || token.split('.').some((part) => !isCanonical(part))) return undefined;
    try {
      const { payload, protectedHeader } = await jwtVerify(token, this.#key, {
        algorithms: ['HS256'],
        typ: 'at+jwt',
        issuer: this.#issuer,
        audience: this.#audience,
        requiredClaims: ['sub', 'iat', 'exp', 'jti'],
        maxTokenAge: this.#lifetime,
        clockTolerance: 30,
      });
      const known = claims.safeParse(payload);
      if (!known.success || protectedHeader.crit !== undefined) return undefined;
      return known.data.exp - known.data.iat <= this.#lifetime ? known.data.sub : undefined;
    } catch {
      return undefined;
    }
  }
}

function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part;
}
