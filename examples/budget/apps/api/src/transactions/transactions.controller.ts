import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  NotFoundException,
  Param,
  Patch,
  Post,
  Query,
} from '@nestjs/common';
import { z } from 'zod';
import { CurrentUser } from '../auth/auth.guard.ts';
import { TenantDatabase } from '../database/tenant-database.ts';
import { type ListQuery, listQuery, type Page, page, pageArguments } from '../http/page.ts';
import { day, idParam, line, minorUnits, ZodPipe } from '../http/zod.pipe.ts';

const content = {
  accountId: z.uuid(),
  categoryId: z.uuid().nullable(),
  amountMinor: minorUnits,
  description: line(200),
  bookedOn: day,
};
const newTransaction = z.strictObject({
  spaceId: z.uuid(),
  ...content,
  categoryId: content.categoryId.default(null),
});
const changes = z
  .strictObject(content)
  .partial()
  .refine((given) => Object.keys(given).length > 0);

const columns = {
  id: true,
  spaceId: true,
  accountId: true,
  categoryId: true,
  amountMinor: true,
  description: true,
  bookedOn: true,
} as const;

type Row = {
  id: string;
  spaceId: string;
  accountId: string;
  categoryId: string | null;
  amountMinor: bigint;
  description: string;
  bookedOn: Date;
};
type Transaction = Omit<Row, 'amountMinor' | 'bookedOn'> & { amountMinor: number; bookedOn: string };

@Controller('transactions')
export class TransactionsController {
  readonly #tenants: TenantDatabase;

  constructor(@Inject(TenantDatabase) tenants: TenantDatabase) {
    this.#tenants = tenants;
  }

  @Get()
  async list(
    @CurrentUser() userId: string,
    @Query(new ZodPipe(listQuery)) query: ListQuery,
  ): Promise<Page<Transaction>> {
    const rows = await this.#tenants.as(userId, (queries) =>
      queries.transaction.findMany({
        where: query.spaceId === undefined ? {} : { spaceId: query.spaceId },
        orderBy: [{ bookedOn: 'desc' }, { id: 'desc' }],
        select: columns,
        ...pageArguments(query),
      }),
    );
    return page(rows, query, toTransaction);
  }

  @Post()
  async create(
    @CurrentUser() userId: string,
    @Body(new ZodPipe(newTransaction)) { amountMinor, ...rest }: z.infer<typeof newTransaction>,
  ): Promise<Transaction> {
    const row = await this.#tenants.inOneTransaction(userId, async (queries) => {
      // Somebody else's space is refused by the policy in any case; asked first, it is a plain "not found".
      const account = await queries.account.findFirst({
        where: { id: rest.accountId, spaceId: rest.spaceId },
        select: { id: true },
      });
      if (account === null) throw new NotFoundException();
      return queries.transaction.create({
        data: { ...rest, amountMinor: BigInt(amountMinor) },
        select: columns,
      });
    });
    return toTransaction(row);
  }

  @Patch(':id')
  async change(
    @CurrentUser() userId: string,
    @Param('id', new ZodPipe(idParam)) id: string,
    @Body(new ZodPipe(changes)) { amountMinor, ...rest }: z.infer<typeof changes>,
  ): Promise<Transaction> {
    const given = Object.entries(rest).filter(([, value]) => value !== undefined);
    const row = await this.#tenants.inOneTransaction(userId, async (queries) => {
      const { count } = await queries.transaction.updateMany({
        where: { id },
        data: {
          ...Object.fromEntries(given),
          ...(amountMinor === undefined ? {} : { amountMinor: BigInt(amountMinor) }),
        },
      });
      return count === 0 ? null : queries.transaction.findUnique({ where: { id }, select: columns });
    });
    if (row === null) throw new NotFoundException();
    return toTransaction(row);
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@CurrentUser() userId: string, @Param('id', new ZodPipe(idParam)) id: string): Promise<void> {
    const { count } = await this.#tenants.as(userId, (queries) =>
      queries.transaction.deleteMany({ where: { id } }),
    );
    if (count === 0) throw new NotFoundException();
  }
}

function toTransaction(row: Row): Transaction {
  return { ...row, amountMinor: Number(row.amountMinor), bookedOn: row.bookedOn.toISOString().slice(0, 10) };
}
