import type { Clock } from "../../clock.js";
import type { Random } from "../../random.js";
import {
  type DigestAlgorithm,
  type DigestChallenge,
  type DigestRequest,
  digestParams,
  verifyAuthorization,
} from "./digest.js";

export interface WantedCredentials {
  readonly username: string;
  readonly password: string;
  readonly realm?: string;
  readonly algorithm?: DigestAlgorithm;
  readonly qop?: "auth" | "auth-int";
}

const NONCE_LIFETIME_MS = 60_000;
const MAX_NONCES = 10_000;

/** The nonces we gave out, so that only our own and only fresh ones are taken back. */
export class NonceBook {
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly issued = new Map<string, { challenge: DigestChallenge; expiresMs: number }>();

  constructor(clock: Clock, random: Random) {
    this.clock = clock;
    this.random = random;
  }

  issue(wanted: WantedCredentials, stale: boolean): DigestChallenge {
    const challenge: DigestChallenge = {
      realm: wanted.realm ?? "offhook",
      nonce: this.random.hex(16),
      opaque: undefined,
      stale,
      algorithm: wanted.algorithm ?? "MD5",
      session: false,
      qop: wanted.qop ?? "auth",
      algorithmText: wanted.algorithm ?? "MD5",
    };
    const nowMs = this.clock.nowMs();
    for (const [nonce, { expiresMs }] of this.issued) {
      if (expiresMs > nowMs && this.issued.size < MAX_NONCES) break;
      this.issued.delete(nonce);
    }
    this.issued.set(challenge.nonce, { challenge, expiresMs: nowMs + NONCE_LIFETIME_MS });
    return challenge;
  }

  /** `stale` where the password is right but the nonce too old (RFC 7616 3.3). */
  check(
    values: readonly string[],
    wanted: WantedCredentials,
    request: Pick<DigestRequest, "method" | "body">,
  ): "accepted" | "refused" | "stale" {
    for (const value of values) {
      const nonce = digestParams(value)?.["nonce"] ?? "";
      const held = this.issued.get(nonce);
      if (!held || !verifyAuthorization(value, held.challenge, wanted, request)) continue;
      return held.expiresMs > this.clock.nowMs() ? "accepted" : "stale";
    }
    return "refused";
  }
}
