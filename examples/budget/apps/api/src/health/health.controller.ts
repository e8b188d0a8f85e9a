import { Controller, Get, Inject, ServiceUnavailableException } from '@nestjs/common';
import { Public } from '../auth/auth.guard.ts';
import { Database } from '../database/database.ts';

const patience = 400;

/** For the orchestrator. It says yes or no: versions, names and reasons are nobody's business outside. */
@Public()
@Controller('health')
export class HealthController {
  readonly #database: Database;
  #asking: Promise<boolean> | undefined;

  constructor(@Inject(Database) database: Database) {
    this.#database = database;
  }

  /** The process answers. Looks at nothing else, or a slow database would get healthy processes killed. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** The database answers, within 400 ms. */
  @Get('ready')
  async ready(): Promise<{ status: 'ok' }> {
    // One question at a time, however many ask: a database in trouble is not helped by a queue of these.
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, patience, false);
    });
    const answered = await Promise.race([this.#asking, tooLate]);
    clearTimeout(timer);
    if (!answered) throw new ServiceUnavailableException();
    return { status: 'ok' };
  }

  async #ask(): Promise<boolean> {
    try {
      await this.#database.nobody.query('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }
}
