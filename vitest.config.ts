import { defineConfig } from "vitest/config";

/** Tests run against `src/`, without a build, through the workspace's own export condition. */
const conditions = ["offhook-source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "test/interop/**"],
    // Real sockets share the machine with whatever else runs on it; what is broken fails each time.
    retry: process.env["CI"] ? 2 : 0,
    // Far beyond what any of them takes: a busy machine makes nothing wrong.
    testTimeout: 40_000,
    // No module keeps state of its own, so test files may share those that are loaded already.
    isolate: false,
    // Most of the waiting is for sockets: all cores have work.
    maxWorkers: "100%",
  },
});
