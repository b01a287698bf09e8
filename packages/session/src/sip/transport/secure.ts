import { isIP } from "node:net";
import {
  type ConnectionOptions,
  checkServerIdentity,
  rootCertificates,
  type SecureContextOptions,
} from "node:tls";
import { type HostPort, hostPortKey } from "./wire.js";

export interface TlsSettings {
  /** PEM. */
  readonly ca?: string | readonly string[];
  readonly cert?: string;
  readonly key?: string;
  /** The name to ask for (SNI) and to check, whomever we connect to. */
  readonly serverName?: string;
  /** Ask callers for a certificate that `ca` signed. */
  readonly requestCert?: boolean;
  readonly rejectUnauthorized?: boolean;
}

interface SecureOptions extends SecureContextOptions {
  readonly rejectUnauthorized: boolean;
}

/** For connections that we make: `ca` counts besides whom the system trusts. */
export function clientOptions(settings: TlsSettings = {}): SecureOptions {
  return secureOptions(settings, [...rootCertificates]);
}

/** For connections that we take: of callers only `ca` vouches. */
export function serverOptions(
  settings: TlsSettings = {},
): SecureOptions & { readonly requestCert: boolean } {
  return { ...secureOptions(settings, []), requestCert: settings.requestCert ?? false };
}

function secureOptions(settings: TlsSettings, known: readonly string[]): SecureOptions {
  const { ca, cert, key, rejectUnauthorized = true } = settings;
  return {
    minVersion: "TLSv1.2",
    ...(ca ? { ca: [...known, ...[ca].flat()] } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    rejectUnauthorized,
  };
}

export type ExpectedName = Pick<ConnectionOptions, "servername" | "checkServerIdentity">;

const MAX_NAMES = 1_000;

/** Under which name each peer has to show a certificate (RFC 5922): the one it was found by. */
export class PeerNames {
  private readonly settings: TlsSettings;
  /** That of the trunk: its addresses may also be known from a Contact only. */
  private readonly usual: string | undefined;
  private readonly names = new Map<string, string>();

  constructor(settings: TlsSettings, usual: string | undefined) {
    this.settings = settings;
    this.usual = usual;
  }

  /** What to ask for, and what to check, when connecting. */
  of(peer: HostPort): ExpectedName {
    const key = hostPortKey(peer);
    if (peer.name !== undefined) {
      if (this.names.size >= MAX_NAMES) this.names.clear();
      this.names.set(key, peer.name);
    }
    const known = this.settings.serverName ?? this.names.get(key);
    if (known !== undefined) return { servername: known };
    const { usual } = this;
    if (usual === undefined) return {};
    return {
      servername: usual,
      // Whoever is no machine of the trunk may still be the address that it is.
      checkServerIdentity: (_host, certificate) =>
        checkServerIdentity(usual, certificate) && checkServerIdentity(peer.address, certificate),
    };
  }
}

/** A host as somebody may vouch for its name: no address, and without the dot at its end. */
export function certifiableName(host: string): string | undefined {
  const name = host.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  return name === "" || isIP(name) !== 0 ? undefined : name;
}
