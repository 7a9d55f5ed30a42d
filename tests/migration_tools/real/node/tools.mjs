// Each tool migrates as who DATABASE_URL logs in as (`migrate`), or does a day's work at start-up (`use`): one line of
// JSON for each, { tool, ok, error }.

export async function run(tools) {
  const [mode] = process.argv.slice(2);
  for (const [tool, modes] of Object.entries(tools)) {
    let said = { tool, ok: true };
    try {
      await modes[mode](process.env.DATABASE_URL);
    } catch (error) {
      const cause = error.cause ?? error;
      said = { tool, ok: false, error: `${cause.code ?? ''} ${cause.message}`.trim() };
    }
    process.stdout.write(JSON.stringify(said) + '\n');
  }
  process.exit(0);
}
