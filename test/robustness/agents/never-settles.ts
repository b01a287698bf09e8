import { defineAgent } from "@offhook/agent";

/** Its hooks hang, and so does its conversation. */
export default defineAgent({
  name: "never-settles",
  limits: { callEndHookMs: 300 },
  setup({ session }) {
    session.on("active", forever);
    session.on("call_end", forever);
  },
  onAnswer: forever,
});

function forever(): Promise<void> {
  return new Promise(() => {});
}
