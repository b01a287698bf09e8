// Loading it fails, as a file with a missing service or a wrong path would.
throw new Error("no configuration");
