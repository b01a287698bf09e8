import { defineAgent } from "@offhook/agent";

/** Lets callers ring until they give up. */
export default defineAgent({
  name: "rings-on",
  async setup({ session }) {
    session.ring();
    await session.ended;
  },
});
