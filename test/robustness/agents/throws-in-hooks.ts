import { defineAgent } from "@offhook/agent";

/** Every hook it has fails, in both ways a function can. */
export default defineAgent({
  name: "throws-in-hooks",
  setup({ session }) {
    session.on("dialing", () => {
      throw new Error("thrown at dialing");
    });
    session.on("active", async () => {
      await Promise.resolve();
      throw new Error("rejected at active");
    });
    session.on("call_end", () => {
      throw new Error("thrown at call_end");
    });
  },
});
