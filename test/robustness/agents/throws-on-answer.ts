import { defineAgent } from "@offhook/agent";

export default defineAgent({
  name: "throws-on-answer",
  async onAnswer() {
    await Promise.resolve();
    throw new TypeError("undefined is not a prompt");
  },
});
