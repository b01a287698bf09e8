import {
  type Body,
  type IncomingRequestMessage,
  LoggerFactory,
  type OutgoingRequestMessage,
  type OutgoingRequestMessageOptions,
  type OutgoingResponse,
  type ResponseOptions,
  URI,
  UserAgentCore,
  type UserAgentCoreDelegate,
  type UserAgentServer,
} from "sip.js/lib/core/index.js";
import { messageOf } from "../../errors.js";
import { extended } from "../../extended.js";
import { ForgetfulMap } from "../../forgetful-map.js";
import type { Logger } from "../../logger.js";
import type { Random } from "../../random.js";
import { type TransportProtocol, transportParam } from "../transport/wire.js";
import type { Origin } from "./outgoing.js";
import { OwnRequest } from "./own-request.js";
import { writeResponse } from "./own-response.js";
import { drawBranch, installSipjsPatches, toTagOf } from "./sipjs-patches.js";
import { strictlyRouted } from "./strict-route.js";

export interface CoreOptions {
  readonly protocol: TransportProtocol;
  /** Host and port for Via and Contact. */
  readonly host: string;
  readonly userAgent: string;
  readonly random: Random;
  readonly logger: Logger;
  /** `origin` is what the text was written from or answers, where sip.js knows. */
  readonly send: (text: string, origin?: Origin) => Promise<void>;
  readonly delegate: UserAgentCoreDelegate;
}

/** The user of our Contact; never a name that somebody dials. */
export const CONTACT_USER = "offhook";

/** The extensions we speak (RFC 3261 20.37). */
export const SUPPORTED_EXTENSIONS = ["100rel", "histinfo", "replaces", "timer"] as const;

/** sip.js's core with ids from `random` and no scan of live transactions for each request. */
export function createCore(options: CoreOptions): UserAgentCore {
  installSipjsPatches();
  const self = ownAddress(options.protocol, options.host);
  const transport = { protocol: options.protocol, send: options.send };
  return new OffhookCore(options, {
    aor: self.contact.uri,
    contact: self.contact,
    displayName: "",
    loggerFactory: loggerFactory(options.logger),
    hackViaTcp: false,
    routeSet: [],
    sipjsId: "",
    supportedOptionTags: [...SUPPORTED_EXTENSIONS],
    supportedOptionTagsResponse: [...SUPPORTED_EXTENSIONS],
    userAgentHeaderFieldValue: options.userAgent,
    viaForceRport: true,
    viaHost: self.viaHost,
    authenticationFactory: () => undefined,
    transportAccessor: () => transport,
  });
}

/** Tells peers another address from now on: that of a connection, where nobody listens. */
export function moveCore(core: UserAgentCore, protocol: TransportProtocol, host: string): void {
  Object.assign(core.configuration, ownAddress(protocol, host));
}

function ownAddress(protocol: TransportProtocol, host: string) {
  const transport = transportParam(protocol);
  const [, name = host, port] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  const parameters: Record<string, string> = protocol === "UDP" ? {} : { transport };
  const uri = new URI("sip", CONTACT_USER, name, port ? Number(port) : undefined, parameters);
  const text = `<sip:${CONTACT_USER}@${host}${protocol === "UDP" ? "" : `;transport=${transport}`}>`;
  const contact = { uri, pubGruu: undefined, tempGruu: undefined, toString: () => text };
  return { contact, viaHost: host };
}

class OffhookCore extends UserAgentCore {
  private readonly random: Random;
  private readonly sendText: CoreOptions["send"];
  private readonly log: Logger;
  private readonly drawBranch = () => drawBranch(this);

  constructor(options: CoreOptions, configuration: UserAgentCore["configuration"]) {
    super(configuration, options.delegate);
    this.random = options.random;
    this.sendText = options.send;
    this.log = options.logger;
    this.dialogs = new ForgetfulMap();
    this.userAgentClients = new ForgetfulMap();
    this.userAgentServers = new ScanFreeMap();
  }

  override makeOutgoingRequestMessage(
    method: string,
    requestURI: URI,
    fromURI: URI,
    toURI: URI,
    given: OutgoingRequestMessageOptions,
    extraHeaders?: string[],
    body?: Body,
  ): OutgoingRequestMessage {
    const { supportedOptionTags, userAgentHeaderFieldValue, viaHost } = this.configuration;
    const options: OutgoingRequestMessageOptions = extended(given, {
      fromTag: given.fromTag || this.random.hex(8),
      callId: given.callId || this.random.hex(16),
      forceRport: true,
      optionTags:
        method === "REGISTER" ? [...supportedOptionTags, "path", "gruu"] : supportedOptionTags,
      userAgentString: userAgentHeaderFieldValue ?? "",
      viaHost,
    });
    const { requestUri, routeSet } = strictlyRouted(requestURI, given.routeSet ?? []);
    if (routeSet.length > 0) options.routeSet = routeSet;
    return new OwnRequest(
      this.drawBranch,
      ...([method, requestUri, fromURI, toURI, options, extraHeaders, body] as const),
    );
  }

  override replyStateless(
    request: IncomingRequestMessage,
    options: ResponseOptions,
  ): OutgoingResponse {
    const { userAgentHeaderFieldValue, supportedOptionTagsResponse } = this.configuration;
    // A CANCEL is answered with the tag of what it cancels (RFC 3261 9.2).
    const canceled =
      request.method === "CANCEL" ? this.userAgentServers.get(request.viaBranch) : undefined;
    const tag = options.toTag ?? (canceled ? toTagOf(canceled) : this.random.hex(8));
    const message = writeResponse(request, options, tag, {
      supported: supportedOptionTagsResponse,
      userAgent: userAgentHeaderFieldValue ?? "",
    });
    this.sendText(message, request).catch((error: unknown) =>
      this.log.debug({ error: messageOf(error) }, "a stateless reply could not be sent"),
    );
    return { message };
  }
}

/**
 * sip.js compares each new request with every live transaction (RFC 3261 8.2.2.2), which stops it
 * at some 200 calls a second. The binding keeps an index instead, so the scan finds nothing.
 */
class ScanFreeMap extends ForgetfulMap<string, UserAgentServer> {
  override values(): MapIterator<UserAgentServer> {
    return new Map<string, UserAgentServer>().values();
  }
}

/** sip.js's own log at debug, without addresses, numbers and keys. */
function loggerFactory(logger: Logger): LoggerFactory {
  const factory = new LoggerFactory();
  factory.builtinEnabled = false;
  factory.level = 0;
  factory.connector = (level, category, _label, content) => {
    if (level === "debug" || level === "log") return;
    const text = String(content)
      .replace(/inline:\S*/gi, "•••")
      .replace(/\S*@\S*/g, "•••")
      .replace(/\+?\d{5,}/g, "•••");
    logger.debug({ category, level }, text);
  };
  return factory;
}
