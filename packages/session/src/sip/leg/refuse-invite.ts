import type { IncomingInviteRequest } from "sip.js/lib/core/index.js";
import type { RejectOptions } from "../../carrier.js";
import { formatReason } from "../message/reason-header.js";

/** Sends a final response of 300 to 699 with everything the caller wants said in it. */
export function refuseInvite(
  request: IncomingInviteRequest,
  status: number,
  options: RejectOptions = {},
): void {
  const statusCode = Number.isInteger(status) && status >= 300 && status <= 699 ? status : 500;
  const extraHeaders = [
    ...Object.entries(options.headers ?? {}).map(([name, value]) => headerLine(name, value)),
    ...(options.contacts ?? []).map((uri) => headerLine("Contact", `<${uri}>`)),
    ...(options.reason ? [formatReason(options.reason)] : []),
  ];
  const response = {
    statusCode,
    extraHeaders,
    ...(options.phrase === undefined
      ? {}
      : { reasonPhrase: options.phrase.replace(/[\r\n]/g, " ") }),
  };
  if (statusCode < 400) request.redirect([], response);
  else request.reject(response);
}

/** One header line; line breaks in it would be lines of their own. */
export function headerLine(name: string, value: string): string {
  return `${name.replace(/[^\w.!%*+`'~-]/g, "")}: ${value.replace(/[\r\n]+/g, " ")}`;
}
