/** LiveKit rooms: a caller as a participant, and web calls without any telephone. */
export {
  type JoinRoomOptions,
  joinRoom,
  type RoomBridge,
  type RoomEvents,
} from "./join-room.js";
export { createRoomCarrier, type RoomCarrierOptions } from "./room-carrier.js";
export { type SipCallStatus, sipCallStatus } from "./sip-attributes.js";
