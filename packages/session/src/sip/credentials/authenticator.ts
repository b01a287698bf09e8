import type { Random } from "../../random.js";
import {
  answerChallenge,
  bestChallenges,
  type DigestChallenge,
  type DigestCredentials,
  type DigestRequest,
  splitChallenges,
} from "./digest.js";

/** What was already tried for one request. */
export interface AuthenticationState {
  readonly challenges: Map<string, { readonly header: string; challenge: DigestChallenge }>;
  attempts: number;
}

const MAX_ATTEMPTS = 6;

/** Answers challenges for one set of credentials. Keeps count of each nonce's uses (RFC 7616 3.4). */
export class Authenticator {
  private readonly credentials: DigestCredentials;
  private readonly random: Random;
  private readonly nonceCounts = new Map<string, number>();

  constructor(credentials: DigestCredentials, random: Random) {
    this.credentials = credentials;
    this.random = random;
  }

  static begin(): AuthenticationState {
    return { challenges: new Map(), attempts: 0 };
  }

  /**
   * The headers that answer a 401 or 407, by name; undefined when there is nothing left to try: no
   * challenge we can answer, or one that our password already failed.
   */
  answer(
    state: AuthenticationState,
    status: number,
    values: readonly string[],
    request: DigestRequest,
  ): Record<string, string[]> | undefined {
    state.attempts += 1;
    if (state.attempts > MAX_ATTEMPTS) return undefined;
    const header = status === 401 ? "authorization" : "proxy-authorization";
    const offered = bestChallenges(values.flatMap(splitChallenges));
    let fresh = false;
    for (const challenge of offered) {
      const key = `${header} ${challenge.realm}`;
      const held = state.challenges.get(key);
      // The same realm asks again: the password is wrong, unless the nonce was merely too old.
      if (held && !challenge.stale) continue;
      state.challenges.set(key, { header, challenge });
      fresh = true;
    }
    if (!fresh) return undefined;
    const headers: Record<string, string[]> = {};
    for (const { header: name, challenge } of state.challenges.values()) {
      const values = headers[name] ?? [];
      headers[name] = values;
      values.push(this.answerOne(challenge, request));
    }
    return headers;
  }

  private answerOne(challenge: DigestChallenge, request: DigestRequest): string {
    const count = (this.nonceCounts.get(challenge.nonce) ?? 0) + 1;
    // A nonce is soon replaced; only recent ones are worth counting.
    if (this.nonceCounts.size > 1_000) this.nonceCounts.clear();
    this.nonceCounts.set(challenge.nonce, count);
    return answerChallenge(challenge, this.credentials, request, count, this.random);
  }
}
