import { runCli } from "./run-cli.js";

// `| head` closes the pipe when it has seen enough: nothing to complain of. A late line must not
// end in a stack trace either.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });

process.exitCode = await runCli(process.argv.slice(2));
