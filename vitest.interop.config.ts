import { defineConfig } from "vitest/config";

/** Against real peers (sipp, baresip, Kamailio). A missing peer is a failure, never a skip. */
const conditions = ["offhook-source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["test/interop/**/*.test.ts", "test/robustness/torture/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    // Real sockets share the machine with whatever else runs on it; what is broken fails each time.
    retry: process.env["CI"] ? 2 : 0,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
    reporters: ["verbose", "./test/interop/matrix-reporter.ts"],
  },
});
