import { createHash } from "node:crypto";
import type { Random } from "../../random.js";
import {
  type HeaderParams,
  parseParams,
  quote,
  splitOutsideQuotes,
} from "../message/header-value.js";

/** Digest algorithms (RFC 7616, RFC 8760), weakest first. */
export const DIGEST_ALGORITHMS = ["MD5", "SHA-256", "SHA-512-256"] as const;
export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number];

export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly stale: boolean;
  readonly algorithm: DigestAlgorithm;
  /** The `-sess` form: the key is bound to both nonces. */
  readonly session: boolean;
  /** Absent in an RFC 2069 challenge. */
  readonly qop: "auth" | "auth-int" | undefined;
  /** The algorithm token as it was offered. */
  readonly algorithmText: string | undefined;
}

export interface DigestCredentials {
  readonly username: string;
  readonly password: string;
}

export interface DigestRequest {
  readonly method: string;
  readonly uri: string;
  readonly body: string;
}

const hashNames: Readonly<Record<DigestAlgorithm, string>> = {
  MD5: "md5",
  "SHA-256": "sha256",
  "SHA-512-256": "sha512-256",
};

/** One `WWW-Authenticate` or `Proxy-Authenticate` value; undefined when it is nothing we can answer. */
export function parseChallenge(value: string): DigestChallenge | undefined {
  const params = digestParams(value);
  if (!params) return undefined;
  const realm = params["realm"];
  const nonce = params["nonce"];
  if (realm === undefined || realm === null || !nonce) return undefined;
  const algorithmText = params["algorithm"] ?? undefined;
  const [, name = "", session] = /^(.*?)(-sess)?$/i.exec(algorithmText ?? "MD5") ?? [];
  const algorithm = DIGEST_ALGORITHMS.find((known) => known === name.toUpperCase());
  if (!algorithm) return undefined;
  // An empty list offers nothing, as none does.
  const offered = params["qop"]?.trim()
    ? params["qop"].split(",").map((qop) => qop.trim().toLowerCase())
    : undefined;
  const qop = (["auth", "auth-int"] as const).find((known) => offered?.includes(known));
  if (offered && !qop) return undefined;
  return {
    realm,
    nonce,
    opaque: params["opaque"] ?? undefined,
    stale: params["stale"]?.toLowerCase() === "true",
    algorithm,
    session: session !== undefined,
    qop,
    algorithmText,
  };
}

/** The strongest challenge of each realm, in the order the realms came (RFC 8760 2.4). */
export function bestChallenges(values: readonly string[]): DigestChallenge[] {
  const best = new Map<string, DigestChallenge>();
  for (const value of values) {
    const challenge = parseChallenge(value);
    if (!challenge) continue;
    const held = best.get(challenge.realm);
    if (!held || strength(challenge) > strength(held)) best.set(challenge.realm, challenge);
  }
  return [...best.values()];
}

/** The value of an `Authorization` or `Proxy-Authorization` header (RFC 7616 3.4). */
export function answerChallenge(
  challenge: DigestChallenge,
  credentials: DigestCredentials,
  request: DigestRequest,
  nonceCount: number,
  random: Random,
): string {
  const { realm, nonce, opaque, qop, algorithmText } = challenge;
  const cnonce = random.hex(8);
  const nc = nonceCount.toString(16).padStart(8, "0");
  const response = digestResponse(challenge, credentials, request, cnonce, nc);
  return [
    `Digest username=${quote(credentials.username)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(request.uri)}`,
    `response="${response}"`,
    ...(algorithmText === undefined ? [] : [`algorithm=${algorithmText}`]),
    ...(qop || challenge.session ? [`cnonce="${cnonce}"`] : []),
    ...(qop ? [`qop=${qop}`, `nc=${nc}`] : []),
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
  ].join(", ");
}

/** Whether the value of an `Authorization` header proves the password for `challenge`. */
export function verifyAuthorization(
  value: string,
  challenge: DigestChallenge,
  credentials: DigestCredentials,
  request: Pick<DigestRequest, "method" | "body">,
): boolean {
  const params = digestParams(value);
  if (!params) return false;
  const { username, realm, nonce, uri, response, cnonce, nc, qop } = params;
  if (username !== credentials.username || realm !== challenge.realm) return false;
  if (nonce !== challenge.nonce || !uri || !response) return false;
  const agreed = qop === "auth" || qop === "auth-int" ? qop : undefined;
  if (challenge.qop && !agreed) return false;
  const expected = digestResponse(
    { ...challenge, qop: agreed },
    credentials,
    { ...request, uri },
    cnonce ?? "",
    nc ?? "",
  );
  return response.toLowerCase() === expected;
}

/** A challenge as a header value. */
export function formatChallenge(challenge: DigestChallenge): string {
  return [
    `Digest realm=${quote(challenge.realm)}`,
    `nonce=${quote(challenge.nonce)}`,
    `algorithm=${challenge.algorithm}${challenge.session ? "-sess" : ""}`,
    ...(challenge.qop ? [`qop="${challenge.qop}"`] : []),
    ...(challenge.stale ? ["stale=true"] : []),
    ...(challenge.opaque === undefined ? [] : [`opaque=${quote(challenge.opaque)}`]),
  ].join(", ");
}

/** The parameters of any Digest header; undefined for another scheme. */
export function digestParams(value: string): HeaderParams | undefined {
  const match = /^\s*Digest\s+(.*)$/is.exec(value);
  return match ? parseParams(match[1] ?? "", ",") : undefined;
}

/** Splits a header line that holds several Digest challenges. */
export function splitChallenges(value: string): string[] {
  const challenges: string[] = [];
  for (const part of splitOutsideQuotes(value, ",")) {
    if (/^\s*[A-Za-z]+\s+[A-Za-z-]+\s*=/.test(part) || challenges.length === 0)
      challenges.push(part.trim());
    else challenges[challenges.length - 1] += `,${part}`;
  }
  return challenges;
}

function strength(challenge: DigestChallenge): number {
  return DIGEST_ALGORITHMS.indexOf(challenge.algorithm);
}

function digestResponse(
  challenge: DigestChallenge,
  credentials: DigestCredentials,
  request: DigestRequest,
  cnonce: string,
  nc: string,
): string {
  const hash = (text: string) =>
    createHash(hashNames[challenge.algorithm]).update(text, "utf8").digest("hex");
  const { realm, nonce, qop } = challenge;
  const secret = hash(`${credentials.username}:${realm}:${credentials.password}`);
  const a1 = challenge.session ? hash(`${secret}:${nonce}:${cnonce}`) : secret;
  const a2 = hash(
    qop === "auth-int"
      ? `${request.method}:${request.uri}:${hash(request.body)}`
      : `${request.method}:${request.uri}`,
  );
  return hash(qop ? `${a1}:${nonce}:${nc}:${cnonce}:${qop}:${a2}` : `${a1}:${nonce}:${a2}`);
}
