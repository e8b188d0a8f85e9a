import pg from 'pg';

type CopyStream = { sendCopyFromChunk(chunk: Buffer): void; endCopyFrom(): void };

/** A statement that answers the server's request for rows; pg's own turns it down. */
class CopyIn extends pg.Query {
  readonly #data: string;

  constructor(sql: string, data: string) {
    super(sql);
    this.#data = data;
  }

  handleCopyInResponse(connection: CopyStream): void {
    connection.sendCopyFromChunk(Buffer.from(this.#data));
    connection.endCopyFrom();
  }
}

/**
 * Sends one `copy … from stdin` and its rows; gives back how many the server took. The simple protocol, because
 * the extended one swallows the end of the statement with the rows.
 */
export function copyIn(client: pg.Client, sql: string, data: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const statement = new CopyIn(sql, data);
    statement.on('end', ({ rowCount }) => resolve(rowCount ?? 0));
    statement.on('error', reject);
    client.query(statement);
  });
}
