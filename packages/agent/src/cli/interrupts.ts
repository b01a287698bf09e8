/**
 * What can interrupt a command from outside: a signal, a reader of stdout that went away, an error
 * that agent code let go of. Each is handed over instead of killing the process; returns the undo.
 */
export function onInterrupt(handlers: {
  /** `count` is 1 for the first signal. */
  readonly signal: (count: number) => void;
  readonly strayError: (thrown: unknown) => void;
}): () => void {
  let signals = 0;
  const onSignal = () => {
    signals += 1;
    handlers.signal(signals);
  };
  // `| head` closes the pipe when it has seen enough: as good as Ctrl-C, and nothing to complain of.
  const onPipe = (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") onSignal();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  process.on("uncaughtException", handlers.strayError);
  process.on("unhandledRejection", handlers.strayError);
  process.stdout.on("error", onPipe);
  return () => {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    process.off("uncaughtException", handlers.strayError);
    process.off("unhandledRejection", handlers.strayError);
    // The pipe's listener stays: a late line must not end in a stack trace either.
  };
}
