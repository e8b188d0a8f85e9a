import { Body, Controller, Get, Inject, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { CurrentUser } from '../auth/auth.guard.ts';
import { TenantDatabase } from '../database/tenant-database.ts';
import { type ListQuery, listQuery, type Page, page, pageArguments } from '../http/page.ts';
import { line, ZodPipe } from '../http/zod.pipe.ts';

const newSpace = z.strictObject({ name: line(100) });

type Space = { id: string; name: string; createdAt: string };

@Controller('spaces')
export class SpacesController {
  readonly #tenants: TenantDatabase;

  constructor(@Inject(TenantDatabase) tenants: TenantDatabase) {
    this.#tenants = tenants;
  }

  @Get()
  async list(
    @CurrentUser() userId: string,
    @Query(new ZodPipe(listQuery)) query: ListQuery,
  ): Promise<Page<Space>> {
    const rows = await this.#tenants.as(userId, (queries) =>
      queries.space.findMany({
        where: query.spaceId === undefined ? {} : { id: query.spaceId },
        orderBy: { id: 'asc' },
        select: { id: true, name: true, createdAt: true },
        ...pageArguments(query),
      }),
    );
    return page(rows, query, ({ id, name, createdAt }) => ({ id, name, createdAt: createdAt.toISOString() }));
  }

  /** Through the database's own function: the API cannot write memberships, so that nobody can join a space by a bug. */
  @Post()
  async create(
    @CurrentUser() userId: string,
    @Body(new ZodPipe(newSpace)) { name }: z.infer<typeof newSpace>,
  ): Promise<{ id: string; name: string }> {
    const [made] = await this.#tenants.as(
      userId,
      (queries) => queries.$queryRaw<{ id: string }[]>`SELECT create_space(${name}) AS id`,
    );
    if (made === undefined) throw new Error('create_space gave nothing back');
    return { id: made.id, name };
  }
}
