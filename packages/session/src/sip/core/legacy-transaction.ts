const MAGIC_COOKIE = "z9hG4bK";

/** Whether a branch names one transaction alone (RFC 3261 8.1.1.7): the cookie and something after it. */
export function isUniqueBranch(branch: string): boolean {
  return branch.startsWith(MAGIC_COOKIE) && branch.length > MAGIC_COOKIE.length;
}

/**
 * What stands for the branch of a request from an RFC 2543 client, which has none of its own: ACK and
 * CANCEL have these in common with their INVITE, and a repeat has them all (RFC 3261 17.2.3).
 */
export function legacyBranch(
  branch: string,
  callId: string | undefined,
  cseq: string | undefined,
  from: string | undefined,
): string {
  return `${branch}|${callId ?? ""}|${Number.parseInt(cseq ?? "", 10)}|${from ?? ""}`;
}
