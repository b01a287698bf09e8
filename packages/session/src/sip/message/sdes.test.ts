import { describe, expect, it } from "vitest";
import { seededRandom } from "../../random.js";
import { formatCrypto, makeSdes, readCrypto, type SrtpPolicy } from "./sdes.js";
import {
  acceptAnswer,
  answerOffer,
  formatOffer,
  type LocalMedia,
  type Negotiation,
} from "./sdp.js";

const AES = "AES_CM_128_HMAC_SHA1_80";
const GCM = "AEAD_AES_128_GCM";
const inline = (bytes: number, fill = 7) =>
  `inline:${Buffer.alloc(bytes, fill).toString("base64")}`;
const aesLine = `a=crypto:5 ${AES} ${inline(30)}`;
const gcmLine = `a=crypto:9 ${GCM} ${inline(28)}`;

function local(policy: SrtpPolicy, seed = 1): LocalMedia {
  const sdes = makeSdes(policy, seededRandom(seed));
  return {
    address: "192.0.2.1",
    port: 4000,
    codecs: [{ name: "PCMU", payloadType: 0, clockRate: 8000 }],
    direction: "sendrecv",
    packetMs: 20,
    sessionId: 1,
    sessionVersion: 1,
    profile: policy === "required" ? "RTP/SAVP" : "RTP/AVP",
    ...(sdes ? { sdes } : {}),
  };
}

const sdp = (...lines: string[]) =>
  `${["v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0", ...lines].join("\r\n")}\r\n`;
const plain = (...crypto: string[]) => sdp("m=audio 6000 RTP/AVP 0", ...crypto);
const secure = (...crypto: string[]) => sdp("m=audio 6000 RTP/SAVP 0", ...crypto);

function outcome(result: Negotiation): string {
  return result.ok ? `${result.profile} ${result.agreed.srtp?.suite ?? "plain"}` : "refused";
}

describe("an offer", () => {
  it.each([
    ["off", "RTP/AVP", 0],
    ["allowed", "RTP/AVP", 2],
    ["required", "RTP/SAVP", 2],
  ] as const)("with SRTP %s is made as %s with %i keys", (policy, profile, keys) => {
    const offer = formatOffer(local(policy));
    expect(offer).toContain(`m=audio 4000 ${profile} 0`);
    expect(readCrypto(offer, 0)).toHaveLength(keys);
  });

  it.each([
    ["off", "plain", plain(), "RTP/AVP plain"],
    ["off", "plain with keys", plain(aesLine), "RTP/AVP plain"],
    ["off", "secure", secure(aesLine), "refused"],
    ["allowed", "plain", plain(), "RTP/AVP plain"],
    ["allowed", "plain with keys", plain(aesLine), `RTP/AVP ${AES}`],
    ["allowed", "secure", secure(aesLine), `RTP/SAVP ${AES}`],
    ["allowed", "secure without keys", secure(), "refused"],
    ["required", "plain", plain(), "refused"],
    ["required", "plain with keys", plain(gcmLine), `RTP/AVP ${GCM}`],
    ["required", "secure", secure(aesLine, gcmLine), `RTP/SAVP ${AES}`],
    [
      "required",
      "secure, AES 32 first",
      secure(`a=crypto:1 ${AES.replace("80", "32")} ${inline(30)}`, gcmLine),
      `RTP/SAVP ${GCM}`,
    ],
    [
      "allowed",
      "plain and secure side by side",
      sdp("m=audio 6000 RTP/AVP 0", "m=audio 6002 RTP/SAVP 0", aesLine),
      `RTP/SAVP ${AES}`,
    ],
    [
      "off",
      "secure and plain side by side",
      sdp("m=audio 6002 RTP/SAVP 0", aesLine, "m=audio 6000 RTP/AVP 0"),
      "RTP/AVP plain",
    ],
  ] as const)("with SRTP %s, %s, is answered", (policy, _what, offer, expected) => {
    expect(outcome(answerOffer(offer, local(policy)))).toBe(expected);
  });

  it("is answered under its own tag, with each side's key the other's", () => {
    const ours = local("required", 1);
    const theirs = local("required", 2);
    const answer = answerOffer(formatOffer(theirs), ours);
    if (!answer.ok) throw new Error(answer.reason);
    const accepted = acceptAnswer(answer.sdp, theirs);
    if (!accepted.ok) throw new Error(accepted.reason);
    expect(answer.sdp).toMatch(/a=crypto:1 AEAD_AES_128_GCM inline:/);
    expect(answer.sdp.match(/a=crypto/g)).toHaveLength(1);
    expect(accepted.agreed.srtp?.sendKey).toEqual(answer.agreed.srtp?.receiveKey);
    expect(accepted.agreed.srtp?.receiveKey).toEqual(answer.agreed.srtp?.sendKey);
    expect(answer.agreed.srtp?.sendKey).not.toEqual(answer.agreed.srtp?.receiveKey);
  });
});

describe("an answer", () => {
  it.each([
    ["off", "plain", plain(), "RTP/AVP plain"],
    ["off", "secure", secure(aesLine), "refused"],
    ["allowed", "plain", plain(), "RTP/AVP plain"],
    ["allowed", "plain with a key", plain(aesLine), `RTP/AVP ${AES}`],
    ["allowed", "secure", secure(gcmLine), `RTP/SAVP ${GCM}`],
    ["allowed", "secure without a key", secure(), "refused"],
    ["required", "plain", plain(), "refused"],
    ["required", "secure", secure(aesLine), `RTP/SAVP ${AES}`],
  ] as const)("with SRTP %s, %s, is taken", (policy, _what, answer, expected) => {
    expect(outcome(acceptAnswer(answer, local(policy)))).toBe(expected);
  });
});

describe("a crypto line", () => {
  it.each([
    ["a lifetime", `${inline(30)}|2^31`, 1],
    ["a lifetime in packets", `${inline(30)}|1048576`, 1],
    ["a window size", `${inline(30)} WSH=64`, 1],
    ["a parameter that may be passed over", `${inline(30)} -NEW=1`, 1],
    ["a key index", `${inline(30)}|2^31|1:4`, 1],
    ["a key index of no length", `${inline(30)}|1:0`, 0],
    ["a key index too long for its length", `${inline(30)}|65536:2`, 0],
    ["a key index too long for any packet", `${inline(30)}|1:129`, 0],
    ["two key indexes", `${inline(30)}|1:4|2:4`, 0],
    ["two keys", `${inline(30)};${inline(30, 8)}`, 0],
    ["a key too short", inline(29), 0],
    ["no key", "", 0],
    ["something that is no base64", "inline:????", 0],
    ["unencrypted speech", `${inline(30)} WSH=64 UNENCRYPTED_SRTP`, 0],
  ])("with %s is read or left out", (_what, parameters, found) => {
    expect(readCrypto(plain(`a=crypto:1 ${AES} ${parameters}`), 0)).toHaveLength(found);
  });

  it("says what its packets name their key by (MKI), with a lifetime and without", () => {
    for (const [parameters, mki] of [
      ["|2^31|1:1", [1]],
      ["|258:4", [0, 0, 1, 2]],
      ["|2^20", undefined],
    ] as const) {
      const result = answerOffer(
        secure(`a=crypto:1 ${AES} ${inline(30)}${parameters}`),
        local("required"),
      );
      const read = result.ok ? result.agreed.srtp?.receiveMki : "refused";
      expect(read && [...read]).toEqual(mki);
      expect(result.ok && result.sdp).toMatch(/a=crypto:1 \S+ inline:[^|\s]+\r/);
    }
  });

  it("reads back as it was written", () => {
    const [key] = makeSdes("allowed", seededRandom(1))?.keys ?? [];
    if (!key) throw new Error("no key");
    expect(readCrypto(plain(formatCrypto(key).trim()), 0)).toEqual([key]);
  });
});
