import 'reflect-metadata';
import { readConfig } from './config.ts';
import { Database } from './database/database.ts';
import { createServer } from './server.ts';

const drainTime = 10_000;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const database = new Database(config);
  try {
    await database.refuseExemptRole();
    const app = await createServer(config, database);
    await app.listen(config.PORT, config.HOST);
    let stopping = false;
    const stop = async (): Promise<void> => {
      if (stopping) return;
      stopping = true;
      // Requests under way are finished; a client that does not let go does not hold the process.
      setTimeout(() => process.exit(1), drainTime).unref();
      await app.close();
      await database.close();
    };
    process.on('SIGTERM', stop).on('SIGINT', stop);
    const { port } = new URL(await app.getUrl());
    process.stdout.write(`${JSON.stringify({ listening: `https://${config.HOST}:${port}` })}\n`);
  } catch (error) {
    await database.close();
    throw error;
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
