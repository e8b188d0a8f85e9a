/** Whether a module was started by `node FILE`, rather than imported. */
export function isProgram(meta: ImportMeta): boolean {
  return meta.main === true;
}

/** Runs a program's main function; an error becomes one line and exit code 1. */
export async function program(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
