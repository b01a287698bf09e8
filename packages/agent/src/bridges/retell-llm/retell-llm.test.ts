import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { systemClock } from "@offhook/session";
import { simulateCarrier } from "@offhook/session/testing";
import { afterEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { createCalls } from "../../calls.js";
import type { ModelCall, OpenModel, ReplyPart } from "../../conversation/ports.js";
import { defineAgent } from "../../define-agent.js";
import { hummingVoice, scriptedTranscriber } from "../../testing/fake-ports.js";
import { type RetellLlmOptions, retellLlm } from "./retell-llm.js";

type Message = Record<string, unknown>;

const cleanUps: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUps.splice(0).reverse()) await step();
});

/** A custom model's server: `onConnection` is its code; it notes what it was told. */
async function serve(
  onConnection: (socket: WebSocket, tell: (message: Message) => void, told: Message[]) => void,
) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const told: Message[] = [];
  const paths: string[] = [];
  server.on("connection", (socket, request) => {
    paths.push(request.url ?? "");
    const tell = (message: Message) => socket.send(JSON.stringify(message));
    socket.on("message", (data) => void told.push(JSON.parse(String(data))));
    onConnection(socket, tell, told);
  });
  cleanUps.push(async () => {
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}/llm`, told, paths, server };
}

/** The model of one call, and what it did to the call. */
function open(options: RetellLlmOptions) {
  const lifetime = new AbortController();
  const did: string[] = [];
  let onDone: (what: string) => void = () => {};
  const done = new Promise<string>((resolve) => {
    onDone = resolve;
  });
  const call: ModelCall = {
    callId: "call_1",
    direction: "outbound",
    sampleRate: 8_000,
    clock: systemClock(),
    signal: lifetime.signal,
    volunteer: (parts) =>
      void collect(parts).then((all) => did.push(`says ${JSON.stringify(all)}`)),
    interrupt: () => void did.push("interrupts"),
    fail: (error) => onDone((error as { code: string }).code),
  };
  const model = retellLlm({
    pingIntervalMs: 20,
    pingTimeoutMs: 90,
    reconnectDelayMs: 5,
    ...options,
  }).open(call);
  cleanUps.push(() => model.close?.());
  return { model, did, failed: done };
}

async function collect(parts: AsyncIterable<ReplyPart>): Promise<ReplyPart[]> {
  const all: ReplyPart[] = [];
  for await (const part of parts) if (part !== "") all.push(part);
  return all;
}

const ask = (model: OpenModel, cause: "user_turn" | "silence" | "opening" = "user_turn") =>
  collect(
    model.reply({
      cause,
      turns: [{ role: "user", text: "Hi" }],
      signal: new AbortController().signal,
    }),
  );

/** Answers every question with `content`, in two chunks. */
function answering(content: string, more: Message = {}) {
  return (socket: WebSocket, tell: (message: Message) => void) => {
    socket.on("message", (data) => {
      const { interaction_type: type, response_id } = JSON.parse(String(data));
      if (type !== "response_required" && type !== "reminder_required") return;
      tell({
        response_type: "response",
        response_id,
        content: `${content} `,
        content_complete: false,
      });
      tell({
        response_type: "response",
        response_id,
        content: type,
        content_complete: true,
        ...more,
      });
    });
  };
}

describe("a custom model's socket", () => {
  it("is dialled under the call's id, asked with the transcript, and streams its answer", async () => {
    const { url, told, paths } = await serve(answering("It is"));
    const { model } = open({ url });
    expect(await ask(model)).toEqual(["It is ", "response_required"]);
    expect(await ask(model, "silence")).toEqual(["It is ", "reminder_required"]);
    expect(paths).toEqual(["/llm/call_1"]);
    expect(told[0]).toEqual({
      interaction_type: "response_required",
      response_id: 1,
      transcript: [{ role: "user", content: "Hi" }],
    });
    expect(told[1]).toMatchObject({ response_id: 2 });
  });

  it("may end, transfer, press digits and refuse interruption", async () => {
    const { url } = await serve(
      answering("Bye", {
        end_call: true,
        transfer_number: "+12025550111",
        digit_to_press: "1",
        no_interruption_allowed: true,
      }),
    );
    expect(await ask(open({ url }).model)).toEqual([
      "Bye ",
      { type: "uninterruptible" },
      "response_required",
      { type: "send_dtmf", digits: "1" },
      { type: "transfer", to: "+12025550111" },
      { type: "end_call" },
    ]);
  });

  it("opens the conversation when the server does, asked or not", async () => {
    const hello = (_socket: WebSocket, tell: (message: Message) => void) =>
      tell({
        response_type: "response",
        response_id: 0,
        content: "Hello!",
        content_complete: true,
      });
    const { url } = await serve(hello);
    expect(await ask(open({ url }).model, "opening")).toEqual(["Hello!"]);
    const { did } = open({ url });
    await expect.poll(() => did).toEqual(['says ["Hello!"]']);
  });

  it("tells details and turns to a server that follows the call, and answers its pings", async () => {
    const { url, told } = await serve((socket, tell) => {
      tell({ response_type: "config", config: { auto_reconnect: true, call_details: true } });
      socket.on("message", () => tell({ response_type: "ping_pong", timestamp: 1 }));
    });
    const { model } = open({ url, callDetails: { metadata: { plan: "gold" } } });
    await expect
      .poll(() => told.map(({ interaction_type }) => interaction_type))
      .toContain("ping_pong");
    model.onTurn?.([{ role: "agent", text: "Hello" }]);
    await expect.poll(() => told.at(-1)).toBeDefined();
    await expect
      .poll(() => told)
      .toContainEqual({
        interaction_type: "update_only",
        transcript: [{ role: "agent", content: "Hello" }],
        turntaking: "user_turn",
      });
    expect(told[0]).toEqual({
      interaction_type: "call_details",
      call: {
        call_id: "call_1",
        call_type: "phone_call",
        call_status: "ongoing",
        direction: "outbound",
        metadata: { plan: "gold" },
      },
    });
  });

  it("lets the server interrupt its own agent", async () => {
    const { url } = await serve((_socket, tell) => {
      tell({
        response_type: "agent_interrupt",
        interrupt_id: 7,
        content: "Wait, ",
        content_complete: false,
      });
      tell({
        response_type: "agent_interrupt",
        interrupt_id: 7,
        content: "listen.",
        content_complete: true,
      });
    });
    const { did } = open({ url });
    await expect.poll(() => did).toEqual(["interrupts", 'says ["Wait, ","listen."]']);
  });

  it("drops what answers an older question", async () => {
    const { url } = await serve((socket, tell) => {
      socket.on("message", (data) => {
        const { response_id: id } = JSON.parse(String(data));
        if (id === 1) return;
        tell({ response_type: "response", response_id: 1, content: "old", content_complete: true });
        tell({ response_type: "response", response_id: 2, content: "new", content_complete: true });
      });
    });
    const { model } = open({ url });
    const [first, second] = await Promise.all([ask(model), ask(model)]);
    expect(first).toEqual([]);
    expect(second).toEqual(["new"]);
  });

  it("ends the call politely when the server closes with 1000", async () => {
    const { url } = await serve((socket) => socket.close(1_000));
    const { did } = open({ url });
    await expect.poll(() => did).toEqual(['says [{"type":"end_call"}]']);
  });

  it("connects again when the server wants that, and asks the open question again", async () => {
    let connections = 0;
    const { url } = await serve((socket, tell) => {
      connections++;
      tell({ response_type: "config", config: { auto_reconnect: true } });
      socket.on("message", (data) => {
        const { interaction_type, response_id } = JSON.parse(String(data));
        if (interaction_type !== "response_required") return;
        if (connections === 1) return socket.terminate();
        tell({ response_type: "response", response_id, content: "back", content_complete: true });
      });
    });
    expect(await ask(open({ url }).model)).toEqual(["back"]);
    expect(connections).toBe(2);
  });
});

describe("the four faults of a custom model's socket", () => {
  it("never opens", async () => {
    const { url, server } = await serve(() => {});
    await new Promise((resolve) => server.close(resolve));
    expect(await open({ url }).failed).toBe("LLM_SOCKET_OPEN_FAILED");
  });

  it("is lost without a close frame", async () => {
    const { url } = await serve((socket) => setImmediate(() => socket.terminate()));
    expect(await open({ url }).failed).toBe("LLM_SOCKET_LOST");
  });

  it("is lost when pings are no longer answered, as often as it was made again", async () => {
    const { url, paths } = await serve((_socket, tell) =>
      tell({ response_type: "config", config: { auto_reconnect: true } }),
    );
    expect(await open({ url, reconnects: 0 }).failed).toBe("LLM_SOCKET_LOST");
    expect(paths).toHaveLength(1);
  });

  it.each([1_001, 1_011, 4_000])("is closed by the server with %i", async (code) => {
    const { url } = await serve((socket) => socket.close(code));
    expect(await open({ url }).failed).toBe("LLM_SOCKET_RUNTIME");
  });

  it.each([
    ["no JSON", "hello"],
    ["an unknown type", '{"response_type":"surprise"}'],
    ["a wrong field", '{"response_type":"response","response_id":"one"}'],
    ["binary", Buffer.from([1, 2])],
  ])("sends %s", async (_what, data) => {
    const { url } = await serve((socket) => socket.send(data));
    expect(await open({ url }).failed).toBe("LLM_SOCKET_CORRUPT_PAYLOAD");
  });

  it("refuses a URL that is no WebSocket", () => {
    expect(() => retellLlm({ url: "http://example.com" })).toThrow(/ws: or wss:/);
  });
});

describe("a call whose model is a custom socket", () => {
  it("talks, and ends as the server says; a socket that breaks ends it honestly", async () => {
    const { url } = await serve(answering("Goodbye", { end_call: true }));
    expect(await callWith(url)).toMatchObject({ endReason: "AGENT_HUNG_UP" });
    const { url: broken } = await serve((socket) => socket.send("garbage"));
    expect(await callWith(broken)).toMatchObject({
      endReason: "LLM_WEBSOCKET_CORRUPT_PAYLOAD",
      errors: [{ code: "LLM_SOCKET_CORRUPT_PAYLOAD" }],
    });
  });

  async function callWith(url: string) {
    const carrier = simulateCarrier((callee) => callee.answer().speak("hello").stayOn());
    const agent = defineAgent({
      name: "custom",
      onAnswer({ session }) {
        session.converse({
          transcriber: scriptedTranscriber(["Hello?"]),
          model: retellLlm({ url }),
          voice: hummingVoice(),
        });
      },
    });
    const call = createCalls({ carrier, agent }).dial({ to: "+12025550100" });
    let over = false;
    void call.ended.then(() => {
      over = true;
    });
    // The socket lives in real time: virtual time moves on a little whenever real time does.
    while (!over) {
      await carrier.clock.advanceBy(20);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return call.ended;
  }
});
