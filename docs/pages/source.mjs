import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * The members of an interface or of an object in a source file, with the sentences above each: the
 * comment is the documentation. Throws when it finds none, so that a page is never silently empty.
 */
export function membersOf(path, opening) {
  const source = readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");
  const start = source.indexOf(opening);
  if (start < 0) throw new Error(`${path} has no ${opening}`);
  const end = source.indexOf("\n}", start);
  const body = source.slice(start + opening.length, end);
  const member =
    /\n {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n {2}(?:readonly )?(\w+)\??: ([\s\S]*?);?(?=\n {2}(?:\/\*\*|readonly |\w)|$)/g;
  const members = [...body.matchAll(member)].map(([, comment, name, type]) => ({
    name,
    text: comment.replace(/\s*\n\s*\*?\s*/g, " ").trim(),
    type: type.replace(/\s+/g, " ").replace(/,$/, "").trim(),
  }));
  if (members.length === 0) throw new Error(`${opening} in ${path} has no documented members`);
  return members;
}
