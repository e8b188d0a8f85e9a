import {
  Body,
  Controller,
  HttpCode,
  Inject,
  Post,
  ServiceUnavailableException,
  UnauthorizedException,
} from '@nestjs/common';
import pLimit from 'p-limit';
import { z } from 'zod';
import { CONFIG } from '../config.provider.ts';
import type { Config } from '../config.ts';
import { Database } from '../database/database.ts';
import { ZodPipe } from '../http/zod.pipe.ts';
import { AccessTokens } from './access-tokens.ts';
import { Public } from './auth.guard.ts';
import { fits, hashOfNobody } from './password.ts';

const credentials = z.strictObject({
  email: z.email().max(254),
  password: z.string().min(1).max(256),
});

@Controller('auth')
export class AuthController {
  readonly #database: Database;
  readonly #tokens: AccessTokens;
  readonly #nobody: string;
  /** A password check takes a core and up to 128 MiB for a moment: two at a time, and a short queue. */
  readonly #checks = pLimit(2);

  constructor(
    @Inject(CONFIG) config: Config,
    @Inject(Database) database: Database,
    @Inject(AccessTokens) tokens: AccessTokens,
  ) {
    this.#database = database;
    this.#tokens = tokens;
    this.#nobody = hashOfNobody(config.PASSWORD_COST);
  }

  @Public()
  @Post('sign-in')
  @HttpCode(200)
  async signIn(
    @Body(new ZodPipe(credentials)) { email, password }: z.infer<typeof credentials>,
  ): Promise<{ accessToken: string; userId: string }> {
    if (this.#checks.pendingCount >= 50) throw new ServiceUnavailableException();
    const { rows } = await this.#database.nobody.query<{ id: string; password_hash: string }>(
      'SELECT id, password_hash FROM sign_in_credentials($1)',
      [email],
    );
    const [found] = rows;
    const right = await this.#checks(() => fits(password, found?.password_hash ?? this.#nobody));
    if (found === undefined || !right) throw new UnauthorizedException();
    return { accessToken: await this.#tokens.issue(found.id), userId: found.id };
  }
}
