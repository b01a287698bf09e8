import { messageOf } from "@offhook/session";

/** The message of what the room's client threw, without the access token that its URLs carry. */
export function redactedMessage(thrown: unknown): string {
  return messageOf(thrown)
    .replace(/(access_token|join_request)=[^&\s)"']+/g, "$1=…")
    .replace(/\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?/g, "…")
    .slice(0, 300);
}
