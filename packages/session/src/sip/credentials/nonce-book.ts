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

interface Issued {
  readonly challenge: DigestChallenge;
  readonly expiresMs: number;
  /** How often it was used, as its user counts. */
  uses: number;
}

const NONCE_LIFETIME_MS = 60_000;
const MAX_NONCES = 10_000;

/** The nonces we gave out, so that only our own and only fresh ones are taken back. */
export class NonceBook {
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly issued = new Map<string, Issued>();

  constructor(clock: Clock, random: Random) {
    this.clock = clock;
    this.random = random;
  }

  issue(wanted: WantedCredentials, stale: boolean): DigestChallenge {
    const challenge = challengeOf(wanted, this.random.hex(16), stale);
    const nowMs = this.clock.nowMs();
    for (const [nonce, { expiresMs }] of this.issued) {
      if (expiresMs > nowMs && this.issued.size < MAX_NONCES) break;
      this.issued.delete(nonce);
    }
    this.issued.set(challenge.nonce, { challenge, expiresMs: nowMs + NONCE_LIFETIME_MS, uses: 0 });
    return challenge;
  }

  /**
   * `stale` where the password is right, but not the nonce: too old, forgotten, or used so often
   * already, as whoever repeats what it overheard would (RFC 7616 3.3, 3.4).
   */
  check(
    values: readonly string[],
    wanted: WantedCredentials,
    request: Pick<DigestRequest, "method" | "body">,
  ): "accepted" | "refused" | "stale" {
    for (const value of values) {
      const { nonce, nc } = digestParams(value) ?? {};
      const held = this.issued.get(nonce ?? "");
      const challenge = held?.challenge ?? challengeOf(wanted, nonce ?? "", false);
      if (!verifyAuthorization(value, challenge, wanted, request)) continue;
      if (!held || held.expiresMs <= this.clock.nowMs()) return "stale";
      const uses = nc ? Number.parseInt(nc, 16) : held.uses + 1;
      if (!(uses > held.uses)) return "stale";
      held.uses = uses;
      return "accepted";
    }
    return "refused";
  }
}

function challengeOf(wanted: WantedCredentials, nonce: string, stale: boolean): DigestChallenge {
  const { realm = "offhook", algorithm = "MD5", qop = "auth" } = wanted;
  return {
    realm,
    nonce,
    opaque: undefined,
    stale,
    algorithm,
    session: false,
    qop,
    algorithmText: algorithm,
  };
}
