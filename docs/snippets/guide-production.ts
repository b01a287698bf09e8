// #region program
import { createCalls, defineAgent } from "@offhook/agent";
import { createMediaPlane, createSipCarrier } from "@offhook/session";
import { pino } from "pino";

const logger = pino({ redact: ["to", "from", "userNumber", "text"] });

const carrier = createSipCarrier({
  trunk: {
    uri: "sip:trunk.example.com",
    username: "me",
    password: process.env["TRUNK_PASSWORD"] ?? "",
    profile: { instant480: "provider_unavailable", limits: { noResponseMs: 8_000 } },
  },
  localAddress: "203.0.113.5",
  mediaPlane: createMediaPlane({
    workers: 2,
    bindAddress: "0.0.0.0",
    ports: { min: 20_000, max: 23_998 },
    logger,
  }),
  logger,
});

const calls = createCalls({
  carrier,
  agent: defineAgent({ name: "greeter" }),
  logger,
  maxSessions: 500,
  permitsPerMinute: 600,
  drainTimeoutMs: 120_000,
  limits: { ringMs: 40_000, maxDurationMs: 900_000 },
});

calls.runner.on("call_end", async ({ callId, session }) => {
  const { endReason, retryable } = session.outcome ?? {};
  await store({ callId, endReason, retryable });
});

calls.runner.drainOn();
await calls.runner.drained;
await calls.close();
// #endregion

declare function store(row: object): Promise<void>;
