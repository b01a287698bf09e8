import { code, page, table } from "./markdown.mjs";
import { membersOf } from "./source.mjs";

export function hooksPage() {
  const session = membersOf("packages/session/src/events.ts", "export interface SessionEvents {");
  const runner = membersOf("packages/agent/src/agent-runner.ts", "export interface RunnerHooks {");
  return page(
    "Hooks",
    "A hook that throws or hangs never breaks the call or another hook; it is reported as a `fault` and kept in the outcome's `errors`.",
    `## On a session\n\n\`ctx.session.on(name, hook)\`; returns its unsubscribe. Every payload has \`callId\` and \`atMs\`, the time since the call was created.\n\n${hooks(
      session.map((hook) => ({ ...hook, type: payload(hook.type) })),
    )}`,
    `## On a runner\n\n\`runner.on(name, hook)\`, for every call to come.\n\n${hooks(runner)}`,
  );
}

function hooks(members) {
  const rows = members.map(({ name, text, type }) => [code(name), text, type ? code(type) : "–"]);
  return table(["hook", "when it fires", "payload"], rows);
}

/** What a payload has besides the common fields. */
function payload(type) {
  return type
    .replace(/^CallEvent\s*&?\s*/, "")
    .replaceAll("readonly ", "")
    .trim();
}
