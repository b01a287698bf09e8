import { defineConfig } from "vitest/config";

/** Tests run against `src/`, without a build, through the workspace's own export condition. */
const conditions = ["offhook-source"];

const include = ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"];
const exclude = ["**/node_modules/**", "**/dist/**", "test/interop/**"];
/** With LiveKit's native client, which a process can open and close once. */
const native = [
  "packages/agent/src/bridges/livekit-agents/*.test.ts",
  "test/agent/livekit-room.test.ts",
  "test/dialects/*.test.ts",
];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // Real sockets share the machine with whatever else runs on it; what is broken fails each time.
    retry: process.env["CI"] ? 2 : 0,
    // Far beyond what any of them takes: a busy machine makes nothing wrong.
    testTimeout: 40_000,
    hookTimeout: 40_000,
    // Most of the waiting is for sockets: all cores have work.
    maxWorkers: "100%",
    projects: [
      {
        extends: true,
        // No module of ours keeps state, so test files may share those that are loaded already.
        test: { name: "shared", include, exclude: [...exclude, ...native], isolate: false },
      },
      { extends: true, test: { name: "native", include: native, exclude } },
    ],
  },
});
