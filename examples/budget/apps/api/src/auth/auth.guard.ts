import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata,
  UnauthorizedException,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { AccessTokens } from './access-tokens.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard; `null` on public routes. */
    userId: string | null;
  }
}

const isPublic = 'is-public';

/** Marks what needs no token. Everything else does, also what somebody adds next year. */
export const Public = () => SetMetadata(isPublic, true);

/** The id of the user who is asking. */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { userId } = context.switchToHttp().getRequest<FastifyRequest>();
  if (userId === null) throw new UnauthorizedException();
  return userId;
});

@Injectable()
export class AuthGuard implements CanActivate {
  readonly #tokens: AccessTokens;
  readonly #reflector: Reflector;

  constructor(@Inject(AccessTokens) tokens: AccessTokens, @Inject(Reflector) reflector: Reflector) {
    this.#tokens = tokens;
    this.#reflector = reflector;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const marks = [context.getHandler(), context.getClass()];
    if (this.#reflector.getAllAndOverride<boolean | undefined>(isPublic, marks) === true) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const [, token] = /^Bearer ([^ ]+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const userId = token === undefined ? undefined : await this.#tokens.userOf(token);
    if (userId === undefined) throw new UnauthorizedException();
    request.userId = userId;
    return true;
  }
}
