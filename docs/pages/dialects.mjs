import { DIALECTS, reasonTable } from "../../packages/session/dist/dialects/index.js";
import { SEED_ROWS } from "../../test/dist/dialects/seed-rows.js";
import { code, page, table } from "./markdown.mjs";

export function dialectsPage() {
  const parts = Object.entries(DIALECTS).map(([name, { title, shows }]) => {
    const rows = reasonTable({ dialects: [name] }).map(({ endReason, dialects }) => [
      code(endReason),
      dialects[name].exact ? "=" : "≈",
      dialects[name].value,
    ]);
    const from = name[0].toUpperCase() + name.slice(1);
    return [
      `## ${title}`,
      `${code(`to${from}(call)`)} gives ${shows}; ${code(`from${from}(name)`)} reads a name back where it means one thing.`,
      table(["end reason", "", shows], rows),
      `### Reached by a call: ${title}`,
      table(
        ["their value", "end reason", "the call that reaches it"],
        SEED_ROWS.filter((row) => row.dialect === name).map(
          ({ value, endReason, call, waitsFor }) => [
            value,
            endReason ? code(endReason) : "while it goes on",
            waitsFor ? `waits for ${waitsFor}` : call,
          ],
        ),
      ),
    ].join("\n\n");
  });
  return page(
    "Dialects",
    [
      "One outcome in five other systems' words, from `@offhook/session/dialects`: a team that comes from any of them keeps its reports. Each translation says whether it is exact (`=`) or only the nearest word (`≈`). A reason that this version does not know is told as that system's generic failure and logged.",
      "The first table of each system shows a plain outbound call. What else matters is in the functions: how much of a message was played, what was announced, which of a contact's numbers was tried.",
      "The second shows each value of that system's own documentation and the call in `test/dialects` that reaches it. Values that wait are not faked.",
    ].join("\n\n"),
    ...parts,
  );
}
