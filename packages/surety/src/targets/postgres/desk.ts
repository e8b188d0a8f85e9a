import { SuretyError } from '../../core/error.ts';
import { type Connection, readOnly } from './connection.ts';
import { inTurn } from './once.ts';
import { blind } from './sql-error.ts';

/** A connection that is only read through, one transaction after the other. */
export type Desk = {
  readonly connection: Connection;
  readonly run: <T>(work: () => Promise<T>) => Promise<T>;
};

/** Transactions of one connection one after the other, read only, with errors that say who could not look. */
export function deskOf(connection: Connection, who: string): Desk {
  const turn = inTurn();
  return {
    connection,
    run: (work) =>
      turn(() =>
        readOnly(connection, work).catch((error: unknown) => {
          throw error instanceof SuretyError ? error : blind(error, who);
        }),
      ),
  };
}
