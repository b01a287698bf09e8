// #region broadcast
import { createCalls, defineBroadcast } from "@offhook/agent";
import { createSipCarrier } from "@offhook/session";

const reminder = defineBroadcast({
  name: "reminder",
  message: "reminder.wav",
  machineMessage: "reminder-for-machines.wav",
  testMessage: "press-any-key.wav",
});

const trunk = { uri: "sip:trunk.example.com", username: "me", password: "…" };
const calls = createCalls({
  carrier: createSipCarrier({ trunk }),
  agent: reminder,
  maxSessions: 30,
  permitsPerMinute: 60,
});

async function tell(to: string) {
  const call = calls.dial({ to });
  const { endReason, message } = await call.ended;
  const heard = message ? `${message.playedMs} of ${message.totalMs} ms` : "nothing";
  console.log(call.callId, endReason, heard, call.session.data.get("test_prompt"));
}

await Promise.all(["+12025550100", "+12025550101"].map(tell));
await calls.close();

// #endregion

// #region words
import type { CallOutcome } from "@offhook/session";
import { callOf, toMessenger, toRecho } from "@offhook/session/dialects";

export function report(outcome: CallOutcome) {
  const call = callOf(outcome);
  return { messenger: toMessenger(call).value, recho: toRecho(call).value };
}
// #endregion
