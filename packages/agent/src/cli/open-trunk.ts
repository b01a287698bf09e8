import { readFile } from "node:fs/promises";
import {
  createSipCarrier,
  type Logger,
  messageOf,
  OffhookError,
  type SipCarrier,
  type SipCarrierOptions,
  type SrtpPolicy,
} from "@offhook/session";
import { type Command, Option } from "commander";

const TRANSPORTS = ["udp", "tcp", "tls", "ws", "wss"] as const;

export interface TrunkFlags {
  readonly trunk?: string;
  readonly transport?: string;
  readonly from?: string;
  readonly username?: string;
  readonly password?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsServerName?: string;
  readonly srtp?: SrtpPolicy;
  readonly digits?: "rtp" | "info";
}

/** The options that describe a trunk, for every command that needs one. */
export function addTrunkOptions(command: Command): Command {
  return command
    .option("--trunk <uri>", "where calls go: sip:HOST:PORT, or wss://HOST:PORT/PATH")
    .option(
      "--transport <name>",
      `${TRANSPORTS.join(", ")}; default: what the URI or the DNS says, else udp`,
    )
    .option("--from <number>", "caller id")
    .option("--username <name>", "for a trunk that asks for credentials")
    .option("--password <secret>", "its password; better in OFFHOOK_PASSWORD, where nobody sees it")
    .option("--tls-ca <file>", "PEM: who signed the trunk's certificate, if nobody well known")
    .option("--tls-cert <file>", "PEM: our own certificate, where the trunk asks for one")
    .option("--tls-key <file>", "PEM: its key")
    .option("--tls-server-name <name>", "the name that the trunk's certificate is for")
    .addOption(
      new Option("--digits <way>", "how key presses leave; default: rtp").choices(["rtp", "info"]),
    )
    .addOption(srtpOption());
}

/** For every command that carries speech. */
export function srtpOption(): Option {
  return new Option("--srtp <policy>", "encrypt speech, with keys in SDP; default: off").choices([
    "off",
    "allowed",
    "required",
  ] satisfies SrtpPolicy[]);
}

/** What a command that answers calls needs besides. */
export interface InboundFlags {
  readonly listen?: readonly string[];
  /** Register with the trunk, so that its calls come to us. */
  readonly register?: true;
  /** Addresses and networks that may call. */
  readonly allow?: readonly string[];
  readonly askUsername?: string;
  readonly maxAtOnce?: number;
}

/** Opens the trunk that the flags describe. Throws INVALID_OPTION, ADDRESS_IN_USE. */
export async function openTrunk(
  flags: TrunkFlags & InboundFlags,
  logger: Logger,
): Promise<SipCarrier> {
  const { trunk: uri, transport, from, username, srtp, digits, listen, register } = flags;
  const password = flags.password ?? process.env["OFFHOOK_PASSWORD"];
  if (transport !== undefined && !isTransport(transport))
    throw new OffhookError("INVALID_OPTION", `--transport ${transport} is not known.`, {
      remedy: `Use one of ${TRANSPORTS.join(", ")}.`,
    });
  if (uri !== undefined && /^(?:sips?:|wss?:\/\/)[^@]*:[^@]*@/i.test(uri))
    throw new OffhookError("INVALID_OPTION", "--trunk holds credentials.", {
      remedy: "Give them as --username and OFFHOOK_PASSWORD instead.",
    });
  const tls = await tlsOf(flags);
  const trunk =
    uri === undefined
      ? undefined
      : defined({ uri, transport, from, username, password, register, digits });
  const inbound = inboundOf(flags);
  const carrier = createSipCarrier(defined({ trunk, listen, inbound, tls, logger, srtp }));
  try {
    await carrier.ready();
    await carrier.registration?.registered();
  } catch (thrown) {
    await carrier.close();
    throw thrown;
  }
  return carrier;
}

/** Who may call us, and how much at once. */
function inboundOf({ allow, askUsername, maxAtOnce }: InboundFlags): SipCarrierOptions["inbound"] {
  const password = process.env["OFFHOOK_ASK_PASSWORD"];
  if (askUsername !== undefined && !password)
    throw new OffhookError("INVALID_OPTION", "--ask-username has no password to ask for.", {
      remedy: "Give it in the environment variable OFFHOOK_ASK_PASSWORD.",
    });
  const credentials = askUsername && password ? { username: askUsername, password } : undefined;
  return defined({ allow, credentials, maxCalls: maxAtOnce });
}

function isTransport(name: string): name is (typeof TRANSPORTS)[number] {
  return (TRANSPORTS as readonly string[]).includes(name);
}

async function tlsOf(flags: TrunkFlags): Promise<SipCarrierOptions["tls"]> {
  const [ca, cert, key] = await Promise.all([
    readPem("--tls-ca", flags.tlsCa),
    readPem("--tls-cert", flags.tlsCert),
    readPem("--tls-key", flags.tlsKey),
  ]);
  const tls = defined({ ca, cert, key, serverName: flags.tlsServerName });
  return Object.keys(tls).length === 0 ? undefined : tls;
}

async function readPem(option: string, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, "utf8");
  } catch (thrown) {
    throw new OffhookError("INVALID_OPTION", `${option} cannot be read: ${messageOf(thrown)}`, {
      remedy: "Check the path, and that the process may read it.",
    });
  }
}

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Without the properties that are undefined, as `exactOptionalPropertyTypes` wants optional ones. */
function defined<T extends { uri: string }>(value: T): Defined<T> & Pick<T, "uri">;
function defined<T extends object>(value: T): Defined<T>;
function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, property]) => property !== undefined),
  ) as Defined<T>;
}
