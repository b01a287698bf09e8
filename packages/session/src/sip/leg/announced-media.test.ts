import { describe, expect, it } from "vitest";
import { announcedMedia } from "./announced-media.js";

function invite(
  address: string,
  options: { received?: string; host?: string; port?: number } = {},
) {
  const { received, host = "198.51.100.1", port = 4000 } = options;
  const family = address.includes(":") ? "IP6" : "IP4";
  const lines = ["v=0", `o=- 1 1 IN ${family} ${address}`, "s=-", `c=IN ${family} ${address}`];
  const body = [...lines, "t=0 0", `m=audio ${port} RTP/AVP 0`, ""].join("\r\n");
  return { body, via: { host, received }, getHeader: () => "application/sdp" };
}

describe("where an offered call's media comes from", () => {
  it("is what its offer says, from a public address or the one the request came from", () => {
    const publicly = { address: "203.0.113.5", port: 4000 };
    expect(announcedMedia(invite("203.0.113.5"))).toEqual(publicly);
    const within = { address: "10.0.0.5", port: 4000 };
    expect(announcedMedia(invite("10.0.0.5", { received: "10.0.0.5" }))).toEqual(within);
    expect(announcedMedia(invite("::1", { host: "[::1]" }))).toEqual({
      address: "::1",
      port: 4000,
    });
    expect(announcedMedia(invite("fd00::7", { host: "[FD00:0::7]" }))).toEqual({
      address: "fd00::7",
      port: 4000,
    });
  });

  it("is unknown behind a NAT", () => {
    expect(announcedMedia(invite("192.168.1.7", { received: "203.0.113.5" }))).toBeUndefined();
    expect(announcedMedia(invite("fd00::7", { received: "2001:db8::5" }))).toBeUndefined();
    expect(announcedMedia(invite("100.64.3.4", { host: "100.64.3.5" }))).toBeUndefined();
  });

  it("is unknown without an offer, or with one that cannot be read or names no address", () => {
    expect(announcedMedia({ ...invite("203.0.113.5"), body: undefined })).toBeUndefined();
    expect(announcedMedia({ ...invite("203.0.113.5"), body: "v=0\r\nm=" })).toBeUndefined();
    expect(announcedMedia(invite("203.0.113.5", { port: 0 }))).toBeUndefined();
    expect(announcedMedia(invite("media.example.com"))).toBeUndefined();
  });
});
