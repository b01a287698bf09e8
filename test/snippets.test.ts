import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** The marked parts of the snippet files, which the compiler checks like any other source. */
const compiled = readdirSync(join(root, "docs/snippets")).flatMap((file) =>
  [...read(`docs/snippets/${file}`).matchAll(/\/\/ #region.*\n([\s\S]*?)\/\/ #endregion/g)].map(
    ([, region]) => region?.trim(),
  ),
);

const pages = [
  "README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md") && !file.includes("node_modules"))
    .map((file) => `docs/${file}`),
];

describe("code in the documentation", () => {
  it.each(pages)("in %s stands in a compiled snippet", (page) => {
    const blocks = [...read(page).matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) =>
      code?.trim(),
    );
    for (const block of blocks) expect(compiled).toContain(block);
  });

  it("is there at all", () => {
    expect(compiled.length).toBeGreaterThan(1);
    expect(read("README.md")).toContain("```ts");
  });
});
