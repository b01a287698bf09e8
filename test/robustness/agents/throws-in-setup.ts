import { defineAgent } from "@offhook/agent";

export default defineAgent({
  name: "throws-in-setup",
  setup() {
    throw new Error("the database is down");
  },
});
