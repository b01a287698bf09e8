import { ERROR_CODES } from "../../packages/session/dist/index.js";
import { code, page, table } from "./markdown.mjs";

export function errorsPage() {
  const rows = Object.entries(ERROR_CODES).map(([name, meaning]) => [code(name), meaning]);
  return page(
    "Errors",
    "Everything offhook throws is an `OffhookError` with one of these codes, a message that names the bad value and, where there is one, a `remedy`. Test with `isOffhookError(error, code)`.",
    table(["code", "meaning"], rows),
  );
}
