/** One outcome in five systems' words, so that a team that comes from any of them keeps its reports. */
export {
  CALLR_RESULT_CODES,
  CALLR_STATUSES,
  type CallrCall,
  type CallrResultCode,
  type CallrStatus,
  fromCallr,
  toCallr,
} from "./callr.js";
export { DIALECTS, type Dialect, type DialectName, isDialectName } from "./dialect.js";
export {
  fromMessenger,
  MESSENGER_STATUSES,
  type MessengerOptions,
  type MessengerStatus,
  type TestPrompt,
  toMessenger,
} from "./messenger.js";
export { type ReasonLine, type ReasonTableOptions, reasonTable } from "./reason-table.js";
export {
  fromRecho,
  RECHO_INBOUND,
  RECHO_OUTBOUND,
  type RechoCall,
  type RechoEventType,
  type RechoInboundStatus,
  type RechoOutboundStatus,
  type RechoStatus,
  toRecho,
} from "./recho.js";
export {
  type RechoAddressing,
  type RechoEndpoint,
  type RechoError,
  type RechoWebhook,
  rechoLife,
  rechoWebhook,
} from "./recho-webhook.js";
export {
  fromRetell,
  RETELL_REASONS,
  RETELL_SDK_REASONS,
  type RetellCall,
  type RetellCallStatus,
  type RetellReason,
  toRetell,
} from "./retell.js";
export {
  type AttemptFacts,
  type CallView,
  callOf,
  type OutcomeView,
  type TranslateOptions,
  type Translation,
} from "./translation.js";
export {
  fromUnpod,
  toUnpod,
  UNPOD_END_REASONS,
  UNPOD_STATES,
  type UnpodCall,
  type UnpodEndReason,
  type UnpodState,
  type UnpodStatus,
} from "./unpod.js";
