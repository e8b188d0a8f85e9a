import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { AccountsController } from './accounts/accounts.controller.ts';
import { AccessTokens } from './auth/access-tokens.ts';
import { AuthController } from './auth/auth.controller.ts';
import { AuthGuard } from './auth/auth.guard.ts';
import { BudgetsController } from './budgets/budgets.controller.ts';
import { CONFIG } from './config.provider.ts';
import type { Config } from './config.ts';
import { Database } from './database/database.ts';
import { TenantDatabase } from './database/tenant-database.ts';
import { HealthController } from './health/health.controller.ts';
import { AnyExceptionFilter } from './http/exception.filter.ts';
import { SpacesController } from './spaces/spaces.controller.ts';
import { TransactionsController } from './transactions/transactions.controller.ts';

@Module({})
class AppModule {}

/** All parts of the API, around what was made before: its settings and its connection pool. */
export function appModule(config: Config, database: Database): DynamicModule {
  return {
    module: AppModule,
    controllers: [
      AuthController,
      SpacesController,
      AccountsController,
      TransactionsController,
      BudgetsController,
      HealthController,
    ],
    providers: [
      { provide: CONFIG, useValue: config },
      { provide: Database, useValue: database },
      { provide: AccessTokens, useValue: new AccessTokens(config) },
      { provide: TenantDatabase, useValue: new TenantDatabase(database) },
      { provide: APP_GUARD, useClass: AuthGuard },
      { provide: APP_FILTER, useClass: AnyExceptionFilter },
    ],
  };
}
