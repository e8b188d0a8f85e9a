import { BadRequestException, type PipeTransform } from '@nestjs/common';
import { z } from 'zod';

/** Lets through what the schema describes, as the schema gives it back. Anything else is 400. */
export class ZodPipe<Output> implements PipeTransform<unknown, Output> {
  readonly #schema: z.ZodType<Output>;

  constructor(schema: z.ZodType<Output>) {
    this.#schema = schema;
  }

  transform(value: unknown): Output {
    const parsed = this.#schema.safeParse(value);
    if (!parsed.success) throw new BadRequestException();
    return parsed.data;
  }
}

/** One line of text for people: no control characters (PostgreSQL refuses NUL, terminals obey the rest). */
export function line(most: number): z.ZodType<string> {
  return z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^\P{Cc}*$/u);
}

/** Minor units; far inside of what a JSON number holds exactly. */
export const minorUnits = z.int().min(-1e12).max(1e12);

export const currency = z.string().regex(/^[A-Z]{3}$/);

/** `2026-01-31` */
export const day = z.iso.date().transform((text) => new Date(`${text}T00:00:00Z`));

export const idParam = z.uuid();
