import { END_REASONS } from "../../packages/session/dist/index.js";
import { code, page, table } from "./markdown.mjs";

const categories = {
  conversation: "The call was answered and ended",
  not_connected: "The call never reached a conversation",
  canceled: "We withdrew the call",
  not_placed: "Nothing was sent",
  error: "Something broke",
};

export function endReasonsPage() {
  const reasons = Object.entries(END_REASONS);
  const parts = Object.entries(categories).map(([category, title]) => {
    const rows = reasons
      .filter(([, row]) => row.category === category)
      .map(([name, row]) => [
        `<a id="${name.toLowerCase()}"></a>${code(name)}`,
        row.finalStates.map(code).join(", "),
        row.retryable ? "yes" : "no",
        row.meaning,
        row.advice,
      ]);
    const head = ["reason", "final state", "retry", "what it means", "what to do next"];
    return `## ${title} (${code(category)})\n\n${table(head, rows)}`;
  });
  return page(
    "End reasons",
    "Every call ends for exactly one of these reasons. `npx offhook reasons` prints them, and [how other systems say them](dialects.md).",
    ...parts,
    `## From a final response\n\nWhere nothing more specific was said, the code of the response gives the reason.\n\n${codes("sip")}`,
    `## From a Q.850 cause\n\nA cause refines the vague responses 480, 487, 500, 503 and 603.\n\n${codes("q850")}`,
    `## What an agent may give\n\n\`session.end({ reason })\` takes: ${reasons
      .filter(([, row]) => row.agentMayGive)
      .map(([name]) => code(name))
      .join(", ")}.`,
  );

  function codes(column) {
    const rows = reasons
      .filter(([, row]) => row[column])
      .map(([name, row]) => [row[column].join(", "), code(name)]);
    return table([column === "sip" ? "response" : "cause", "reason"], rows);
  }
}
