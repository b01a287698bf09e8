import { setTimeout as after } from "node:timers/promises";
import { defineAgent } from "@offhook/agent";

/** Hangs up by itself a while after answer. */
export default defineAgent({
  name: "ends-soon",
  detectors: [],
  async onAnswer({ session }) {
    await after(1_500);
    await session.end();
  },
});
