import { defineAgent } from "@offhook/agent";
import { joinRoom } from "@offhook/agent/livekit-room";

export interface RoomAccess {
  readonly url: string;
  /** An access token for this identity in the room. */
  tokenFor(identity: string): string;
}

/** Takes every caller into a room, where somebody else talks with them. */
export function roomAgent(access: RoomAccess, onEvent: (event: string) => void) {
  return defineAgent({
    name: "livekit-room",
    async setup(context) {
      // Before the call is placed, so that the room can see it dial and ring.
      const bridge = await joinRoom(context, {
        url: access.url,
        token: () => access.tokenFor("caller"),
        attributes: { "sip.trunkID": "loopback" },
      });
      bridge.on("participant_joined", ({ identity }) => onEvent(`${identity} joined`));
      bridge.on("data", ({ identity, payload }) => onEvent(`${identity}: ${Buffer.from(payload)}`));
    },
  });
}
