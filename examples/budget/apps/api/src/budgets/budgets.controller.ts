import { Body, Controller, Get, Inject, NotFoundException, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { CurrentUser } from '../auth/auth.guard.ts';
import { TenantDatabase } from '../database/tenant-database.ts';
import { type ListQuery, listQuery, type Page, page, pageArguments } from '../http/page.ts';
import { currency, day, line, ZodPipe } from '../http/zod.pipe.ts';

const newBudget = z.strictObject({
  spaceId: z.uuid(),
  categoryId: z.uuid().nullable().default(null),
  name: line(100),
  limitMinor: z.int().min(0).max(1e12),
  currency,
  startsOn: day,
});

const columns = {
  id: true,
  spaceId: true,
  categoryId: true,
  name: true,
  limitMinor: true,
  currency: true,
  startsOn: true,
} as const;

type Row = {
  id: string;
  spaceId: string;
  categoryId: string | null;
  name: string;
  limitMinor: bigint;
  currency: string;
  startsOn: Date;
};
type Budget = Omit<Row, 'limitMinor' | 'startsOn'> & { limitMinor: number; startsOn: string };

@Controller('budgets')
export class BudgetsController {
  readonly #tenants: TenantDatabase;

  constructor(@Inject(TenantDatabase) tenants: TenantDatabase) {
    this.#tenants = tenants;
  }

  @Get()
  async list(
    @CurrentUser() userId: string,
    @Query(new ZodPipe(listQuery)) query: ListQuery,
  ): Promise<Page<Budget>> {
    const rows = await this.#tenants.as(userId, (queries) =>
      queries.budget.findMany({
        where: query.spaceId === undefined ? {} : { spaceId: query.spaceId },
        orderBy: { id: 'asc' },
        select: columns,
        ...pageArguments(query),
      }),
    );
    return page(rows, query, toBudget);
  }

  @Post()
  async create(
    @CurrentUser() userId: string,
    @Body(new ZodPipe(newBudget)) { limitMinor, ...rest }: z.infer<typeof newBudget>,
  ): Promise<Budget> {
    const row = await this.#tenants.as(userId, async (queries) => {
      const space = await queries.space.findUnique({ where: { id: rest.spaceId }, select: { id: true } });
      if (space === null) throw new NotFoundException();
      return queries.budget.create({ data: { ...rest, limitMinor: BigInt(limitMinor) }, select: columns });
    });
    return toBudget(row);
  }
}

function toBudget(row: Row): Budget {
  return { ...row, limitMinor: Number(row.limitMinor), startsOn: row.startsOn.toISOString().slice(0, 10) };
}
