import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRefer, referToHeader } from "./refer.js";
import { EndedDialogs, parseReplaces } from "./replaces.js";

const dialog = { callId: "a@b", localTag: "ours", remoteTag: "theirs", remoteTarget: "sip:x@y" };

describe("a REFER", () => {
  it("that we write names the dialog as its receiver's peer sees it, and can be read again", () => {
    const header = referToHeader(dialog.remoteTarget, dialog);
    const read = readRefer([header.replace(/^Refer-To: /, "")], undefined);
    expect(read).toEqual({ uri: "sip:x@y", replaces: "a@b;to-tag=theirs;from-tag=ours" });
    const replaces = "replaces" in read ? parseReplaces([read.replaces ?? ""]) : undefined;
    expect(replaces).toEqual({
      callId: "a@b",
      localTag: "theirs",
      remoteTag: "ours",
      earlyOnly: false,
    });
  });

  it.each([
    ["<sip:100@host;method=INVITE>", { uri: "sip:100@host" }],
    ['"Boss" <tel:+12025550100>', { uri: "tel:+12025550100" }],
    ["sip:100@host", { uri: "sip:100@host" }],
    ["<sip:100@host?Replaces=%>", { refusal: 400 }],
    ["<sip:100@host;method=SUBSCRIBE>", { refusal: 501 }],
    ["<mailto:me@host>", { refusal: 416 }],
    ["<>", { refusal: 400 }],
  ])("to %s", (referTo, expected) => {
    expect(readRefer([referTo], undefined)).toEqual(expected);
  });

  it("writes no lines of its own into our INVITE", () => {
    const read = readRefer(["<sip:a@b?Replaces=x%0D%0AEvil:%20yes>"], "<sip:a@b>");
    expect(read).toEqual({ uri: "sip:a@b", replaces: "x Evil: yes", referredBy: "sip:a@b" });
  });

  it("can hold anything at all", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.option(fc.string()), (referTo, by) => {
        readRefer(referTo, by ?? undefined);
        parseReplaces(referTo);
      }),
    );
  });
});

describe("a Replaces", () => {
  it.each([
    [["a@b;to-tag=1;from-tag=2"], true],
    [["a@b;to-tag=1"], false],
    [[";to-tag=1;from-tag=2"], false],
    [["a@b;to-tag=1;from-tag=2", "c;to-tag=1;from-tag=2"], false],
    [[], false],
  ])("%j names one dialog: %s", (values, names) => {
    expect(parseReplaces(values) !== undefined).toBe(names);
  });

  it("knows the dialogs that ended last, and not for ever", () => {
    const ended = new EndedDialogs();
    const name = { callId: "a@b", localTag: "ours", remoteTag: "theirs", earlyOnly: false };
    ended.add(dialog);
    expect(ended.has(name)).toBe(true);
    expect(ended.has({ ...name, remoteTag: "other" })).toBe(false);
    for (let count = 0; count < 200; count++) ended.add({ ...dialog, callId: String(count) });
    expect(ended.has(name)).toBe(false);
  });
});
