import { describe, expect, it } from "vitest";
import type { CallOutcome } from "../call/outcome.js";
import type { CallFault } from "../vocabulary.js";
import { plainOutcome } from "./plain-outcome.js";
import { type RechoAddressing, rechoLife, rechoWebhook } from "./recho-webhook.js";
import { callOf } from "./translation.js";

const addressing: RechoAddressing = {
  projectId: "project-1",
  webhookEndpoint: {
    id: "endpoint-1",
    name: "Status",
    endpointType: "WEBHOOK",
    target: "https://example.com/hook",
    contentKey: "call",
  },
  authConfig: { type: "BEARER" },
  callId: "call-1",
  callSid: "sid-1",
  clientId: "client-1",
};

const fault: CallFault = {
  code: "HOOK_THREW",
  message: "no such row",
  at: "2026-01-02T03:04:05.000Z",
  where: "hook:call_end",
  phase: "closing",
};

describe("a Recho webhook", () => {
  it("carries the whole payload", () => {
    const outcome = { ...plainOutcome("USER_BUSY"), errors: [fault] };
    expect(rechoWebhook(callOf(outcome), addressing)).toEqual({
      projectId: "project-1",
      webhookEndpoint: addressing.webhookEndpoint,
      eventType: "OUTBOUND_CALL_BUSY",
      body: {
        subject: "Call call-1: BUSY",
        text: "Call call-1: BUSY. The line was busy.",
        data: { callId: "call-1", callStatus: "BUSY", callSid: "sid-1", clientId: "client-1" },
        errors: [
          {
            code: "HOOK_THREW",
            message: "no such row",
            timestamp: "2026-01-02T03:04:05.000Z",
            where: "hook:call_end",
            phase: "closing",
            stacktrace: null,
          },
        ],
      },
      authConfig: { type: "BEARER" },
    });
  });

  it("of an error event names the end reason among its errors", () => {
    const { body, eventType } = rechoWebhook(
      callOf(plainOutcome("HEALTHCHECK_FAILED")),
      addressing,
    );
    expect(eventType).toBe("OUTBOUND_CALL_ERROR");
    expect(body.errors).toEqual([
      {
        code: "HEALTHCHECK_FAILED",
        message: "The trunk failed its OPTIONS check; nothing was sent.",
        timestamp: "1970-01-01T00:00:01.000Z",
        where: "call",
        phase: "pending",
        stacktrace: null,
      },
    ]);
  });

  it("of a refused inbound call says why", () => {
    const outcome = plainOutcome("CONCURRENCY_LIMIT_EXCEEDED", { direction: "inbound" });
    const { body, eventType } = rechoWebhook(callOf(outcome), addressing);
    expect(eventType).toBe("INBOUND_CALL_CONCURRENCY_LIMIT_EXCEEDED");
    expect(body.errors[0]?.code).toBe("CONCURRENCY_LIMIT_EXCEEDED");
  });

  it("of a call that goes on has no errors and nulls for what is not known yet", () => {
    const { callSid: _, clientId: __, authConfig: ___, ...least } = addressing;
    const webhook = rechoWebhook({ direction: "outbound", phase: "pending" }, least);
    expect(webhook.authConfig).toBeNull();
    expect(webhook.body).toEqual({
      subject: "Call call-1: PENDING",
      text: "Call call-1: PENDING.",
      data: { callId: "call-1", callStatus: "PENDING", callSid: null, clientId: null },
      errors: [],
    });
  });
});

describe("the notifications of a whole call", () => {
  const told = (outcome: CallOutcome) =>
    rechoLife(outcome, addressing).map((webhook) => webhook.eventType);

  it("come in order, one per status", () => {
    expect(told(plainOutcome("AGENT_HUNG_UP"))).toEqual([
      "OUTBOUND_CALL_PENDING",
      "OUTBOUND_CALL_REQUESTED",
      "OUTBOUND_CALL_CALLING",
      "OUTBOUND_CALL_CLOSING",
      "OUTBOUND_CALL_COMPLETED",
    ]);
    expect(told(plainOutcome("USER_HUNG_UP_IN_CALL", { direction: "inbound" }))).toEqual([
      "INBOUND_CALL_CONNECTING",
      "INBOUND_CALL_CALLING",
      "INBOUND_CALL_CLOSING",
      "INBOUND_CALL_COMPLETED",
    ]);
  });

  it("surface a limit only as the error event", () => {
    expect(told(plainOutcome("RATE_LIMIT_EXCEEDED"))).toEqual([
      "OUTBOUND_CALL_PENDING",
      "OUTBOUND_CALL_CLOSING",
      "OUTBOUND_CALL_ERROR",
    ]);
  });
});
