import { Controller, Get, Inject, NotFoundException, Param, Query } from '@nestjs/common';
import { CurrentUser } from '../auth/auth.guard.ts';
import { TenantDatabase } from '../database/tenant-database.ts';
import { type ListQuery, listQuery, type Page, page, pageArguments } from '../http/page.ts';
import { idParam, ZodPipe } from '../http/zod.pipe.ts';

const columns = {
  id: true,
  spaceId: true,
  name: true,
  kind: true,
  currency: true,
  openingBalanceMinor: true,
} as const;

type Account = {
  id: string;
  spaceId: string;
  name: string;
  kind: string;
  currency: string;
  openingBalanceMinor: number;
};

@Controller('accounts')
export class AccountsController {
  readonly #tenants: TenantDatabase;

  constructor(@Inject(TenantDatabase) tenants: TenantDatabase) {
    this.#tenants = tenants;
  }

  @Get()
  async list(
    @CurrentUser() userId: string,
    @Query(new ZodPipe(listQuery)) query: ListQuery,
  ): Promise<Page<Account>> {
    const rows = await this.#tenants.as(userId, (queries) =>
      queries.account.findMany({
        where: query.spaceId === undefined ? {} : { spaceId: query.spaceId },
        orderBy: { id: 'asc' },
        select: columns,
        ...pageArguments(query),
      }),
    );
    return page(rows, query, toAccount);
  }

  @Get(':id')
  async one(@CurrentUser() userId: string, @Param('id', new ZodPipe(idParam)) id: string): Promise<Account> {
    const row = await this.#tenants.as(userId, (queries) =>
      queries.account.findUnique({ where: { id }, select: columns }),
    );
    if (row === null) throw new NotFoundException();
    return toAccount(row);
  }
}

function toAccount(row: Omit<Account, 'openingBalanceMinor'> & { openingBalanceMinor: bigint }): Account {
  return { ...row, openingBalanceMinor: Number(row.openingBalanceMinor) };
}
