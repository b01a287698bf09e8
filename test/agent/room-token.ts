import { createHmac } from "node:crypto";

export interface RoomTokenOptions {
  readonly identity: string;
  readonly room: string;
  readonly key: string;
  readonly secret: string;
}

/** An access token as a LiveKit server wants it (JWT, HS256), valid for ten minutes. */
export function roomToken({ identity, room, key, secret }: RoomTokenOptions): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const nowS = Math.floor(Date.now() / 1_000);
  const grants = { roomJoin: true, room, canPublish: true, canSubscribe: true };
  const claims = {
    iss: key,
    sub: identity,
    nbf: nowS - 10,
    exp: nowS + 600,
    video: { ...grants, canPublishData: true, canUpdateOwnMetadata: true },
  };
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}
