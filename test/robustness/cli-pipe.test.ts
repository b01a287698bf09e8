import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { clipPath } from "@offhook/session/testing";
import { expect, it } from "vitest";

const bin = fileURLToPath(new URL("../../packages/agent/bin/offhook.js", import.meta.url));

it("offhook detect ends quietly when its reader has seen enough", { timeout: 30_000 }, async () => {
  const files = Array.from({ length: 300 }, () => clipPath("hello"));
  const offhook = spawn(process.execPath, [bin, "detect", "--json", ...files]);
  let complained = "";
  offhook.stderr.on("data", (text) => {
    complained += text;
  });
  const exited = once(offhook, "exit");
  await once(offhook.stdout, "data");
  offhook.stdout.destroy();
  const [code, signal] = await exited;
  expect({ code, signal, complained }).toEqual({ code: 0, signal: null, complained: "" });
});
