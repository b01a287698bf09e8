import { isOffhookError, type PingResult } from "@offhook/session";
import { explainFailure } from "./trunk-failure.js";

/** One thing that was looked at: what was found and, where something is wrong, what to change. */
export interface Finding {
  readonly check: "address" | "tls" | "answer" | "credentials" | "nat" | "calls" | "codecs";
  readonly ok: boolean;
  readonly found: string;
  readonly change?: string;
}

export interface TrunkUnderTest {
  readonly ping: PingResult;
  readonly hasCredentials: boolean;
  /** What a REGISTER without Contact showed, where OPTIONS was answered without credentials. */
  readonly bindings?: PingResult;
  /** What we would offer, best first. */
  readonly codecs: readonly string[];
}

/** Says in words what an OPTIONS to a trunk found out. Pure. */
export function diagnoseTrunk({
  ping,
  hasCredentials,
  bindings,
  codecs,
}: TrunkUnderTest): readonly Finding[] {
  return [
    address(ping),
    ...others(ping),
    answer(ping),
    ...credentials(ping, hasCredentials, bindings),
    ...nat(ping),
    ...calls(ping),
    codecsInCommon(ping, codecs),
  ];
}

/**
 * What kept us from asking at all, as a finding; undefined for what is no finding about the trunk,
 * such as an option that makes no sense.
 */
export function diagnoseThrown(thrown: unknown): Finding | undefined {
  if (isOffhookError(thrown, "ADDRESS_UNRESOLVED"))
    return {
      check: "address",
      ok: false,
      found: thrown.message,
      change: "Check the spelling of the host, and this machine's DNS.",
    };
  if (isOffhookError(thrown, "TRANSPORT_FAILED"))
    return {
      check: "answer",
      ok: false,
      found: thrown.message,
      change: "Check that this machine may open sockets towards the trunk.",
    };
  return undefined;
}

function address({ target, protocol }: PingResult): Finding {
  const found = `The trunk is at ${hostPort(target)} over ${protocol}.`;
  return { check: "address", ok: true, found };
}

/** Servers that calls go to before the one that answered. */
function others({ failed = [] }: PingResult): readonly Finding[] {
  return failed.map(({ target, status, phrase, failure }) => ({
    check: "answer",
    ok: false,
    found: `${hostPort(target)} comes before it, and takes no calls: ${
      status === undefined ? (failure ?? "no answer") : `${status} ${phrase ?? ""}`.trim()
    }.`,
    change:
      "Calls go past it, at the cost of up to `trunk.failoverMs` now and then: ask its operator to mend it, or to take it out of the DNS.",
  }));
}

function answer(ping: PingResult): Finding {
  const { status, phrase, roundTripMs, server } = ping;
  if (status === undefined) {
    const { tls, found, change } = explainFailure(ping);
    return { check: tls ? "tls" : "answer", ok: false, found, change };
  }
  const by = server === undefined ? "" : ` by ${server}`;
  const said = `Answered ${status} ${phrase ?? ""}`.trim();
  return {
    check: "answer",
    // Even a refusal shows that a SIP server is there.
    ok: status < 500,
    found: `${said}${by} in ${Math.round(roundTripMs)} ms.`,
    ...(status < 500 ? {} : { change: "The trunk has trouble of its own: ask its operator." }),
  };
}

function credentials(
  { status, proved }: PingResult,
  given: boolean,
  bindings: PingResult | undefined,
): readonly Finding[] {
  if (status === undefined) return [];
  const asked = status === 401 || status === 407;
  if (asked && !given)
    return [
      {
        check: "credentials",
        ok: false,
        found: "The trunk asks for credentials and none were given.",
        change: "Give --username, and the password as OFFHOOK_PASSWORD.",
      },
    ];
  if (asked || status === 403)
    return [
      {
        check: "credentials",
        ok: false,
        found: given
          ? "The trunk did not accept the credentials."
          : "The trunk refuses us without asking who we are.",
        change: given
          ? "Check user name and password, and whether the trunk expects calls from this address."
          : "Ask its operator to allow this address, or give --username.",
      },
    ];
  if (!given) return [];
  if (proved) return [accepted];
  return [bindings ? registering(bindings) : untried];
}

const accepted: Finding = {
  check: "credentials",
  ok: true,
  found: "The trunk asked for our credentials and accepted them.",
};
const untried: Finding = {
  check: "credentials",
  ok: true,
  found:
    "The trunk asked for no credentials, neither for OPTIONS nor for REGISTER: a call will show whether they are right.",
};

/** What became of a REGISTER that only asks; few trunks answer that to anybody. */
function registering({ status, phrase, proved }: PingResult): Finding {
  if (status === 401 || status === 407)
    return {
      check: "credentials",
      ok: false,
      found: `The trunk did not accept the credentials: REGISTER was answered ${status}.`,
      change: "Check user name and password.",
    };
  if (!proved) return untried;
  if ((status ?? 0) < 300) return accepted;
  return {
    check: "credentials",
    ok: true,
    found:
      `The trunk accepted the credentials, and answered REGISTER with ${status} ${phrase ?? ""}`.trim(),
  };
}

function nat({ advertised, seenAs }: PingResult): readonly Finding[] {
  if (seenAs?.address === undefined) return [];
  const seen = hostPort({ address: seenAs.address, port: seenAs.port ?? advertised.port });
  const found = `We call ourselves ${hostPort(advertised)}; the trunk sees ${seen}.`;
  if (seenAs.address === advertised.address) return [{ check: "nat", ok: true, found }];
  return [
    {
      check: "nat",
      ok: false,
      found,
      change: `There is a NAT in between: set localAddress to ${seenAs.address}, and forward the RTP ports, or calls may have no audio.`,
    },
  ];
}

function calls({ allow }: PingResult): readonly Finding[] {
  if (allow === undefined) return [];
  const takesCalls = /\bINVITE\b/i.test(allow);
  return [
    {
      check: "calls",
      ok: takesCalls,
      found: `It allows ${allow}.`,
      ...(takesCalls
        ? {}
        : { change: "It takes no calls (INVITE): this is not the address for them." }),
    },
  ];
}

function codecsInCommon({ codecs: theirs }: PingResult, ours: readonly string[]): Finding {
  const found = `We would offer ${ours.join(", ")}, best first`;
  if (theirs === undefined) return { check: "codecs", ok: true, found: `${found}.` };
  const ok = theirs.some(
    (codec) => ours.includes(codec) && !/^(?:TELEPHONE-EVENT|CN)\//.test(codec),
  );
  return {
    check: "codecs",
    ok,
    found: `${found}; the trunk names ${theirs.join(", ")}.`,
    ...(ok
      ? {}
      : { change: "Calls would end as SIP_FAILED_MEDIA: ask its operator for one of ours." }),
  };
}

function hostPort({ address, port }: { readonly address: string; readonly port: number }): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
