import { defineAgent } from "@offhook/agent";
import { scriptedTranscriber } from "@offhook/agent/testing";

/** Gets through the menu to support, then to a person. */
export const navigatingAgent = defineAgent({
  name: "ivr-navigation",
  async onAnswer({ session, signal }) {
    const result = await session.navigate(
      [
        // Once it was said; the second menu is only waited for.
        { heard: /support, press two/i, press: "2" },
        { press: "1", silenceMs: 600 },
      ],
      {
        signal,
        // Needs no key and no network; a real agent has a transcriber of its vendor's.
        transcriber: scriptedTranscriber(["For sales, press one. For support, press two."]),
      },
    );
    session.data.set("navigation", result.status);
    await session.end();
  },
});
