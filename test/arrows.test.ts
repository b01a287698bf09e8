import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const packages = fileURLToPath(new URL("../packages", import.meta.url));

interface Import {
  readonly file: string;
  readonly from: string;
  readonly typeOnly: boolean;
}

/** Every import and re-export of a package's sources, tests left out. */
function importsOf(name: string): Import[] {
  const folder = join(packages, name, "src");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .flatMap((file) => importsIn(`${name}/src/${file}`, readFileSync(join(folder, file), "utf8")));
}

function importsIn(file: string, source: string): Import[] {
  const statement = /^(import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gms;
  const dynamic = /\bimport\(\s*"([^"]+)"\s*\)/g;
  return [
    ...[...source.matchAll(statement)].map(([, , type, from]) => ({
      file,
      from: from ?? "",
      typeOnly: type !== undefined,
    })),
    ...[...source.matchAll(dynamic)].map(([, from]) => ({
      file,
      from: from ?? "",
      typeOnly: false,
    })),
  ];
}

const offhook = (imports: readonly Import[]) =>
  imports.filter(({ from }) => from.startsWith("@offhook/"));

describe("the arrows between packages", () => {
  it("reads imports at all", () => {
    const source =
      'import type { A } from "a";\nimport {\n  b,\n} from "b";\nexport { c } from "c";\n';
    expect(importsIn("x", source).map(({ from, typeOnly }) => [from, typeOnly])).toEqual([
      ["a", true],
      ["b", false],
      ["c", false],
    ]);
    expect(importsOf("agent").length).toBeGreaterThan(20);
  });

  it("session imports neither of the others", () => {
    expect(offhook(importsOf("session"))).toEqual([]);
  });

  it("detection imports only types from session, and only its vocabulary", () => {
    const others = offhook(importsOf("detection")).filter(
      ({ from, typeOnly }) => !(from === "@offhook/session/vocabulary" && typeOnly),
    );
    expect(others).toEqual([]);
  });

  it("agent imports the public entries of the others and nothing deeper", () => {
    const entries = [
      "@offhook/session",
      "@offhook/session/vocabulary",
      "@offhook/session/testing",
      "@offhook/session/dialects",
      "@offhook/session/journal",
      "@offhook/detection",
      "@offhook/detection/testing",
    ];
    const deeper = offhook(importsOf("agent")).filter(({ from }) => !entries.includes(from));
    expect(deeper).toEqual([]);
  });

  it("nobody reaches into another package by path", () => {
    const all = ["session", "detection", "agent"].flatMap(importsOf);
    expect(all.filter(({ from }) => /packages\/|(\.\.\/){4,}/.test(from))).toEqual([]);
  });

  it("nobody re-exports everything of a file", () => {
    for (const name of ["session", "detection", "agent"])
      for (const file of readdirSync(join(packages, name, "src"), {
        recursive: true,
        encoding: "utf8",
      }))
        if (file.endsWith(".ts"))
          expect(readFileSync(join(packages, name, "src", file), "utf8"), file).not.toMatch(
            /^export \*/m,
          );
  });
});
