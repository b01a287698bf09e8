import type { PingResult } from "@offhook/session";

/** What stands between us and a trunk, and what to change. */
interface Explanation {
  readonly found: string;
  readonly change: string;
  /** The way there is open; what failed is TLS. */
  readonly tls?: true;
}

type Failed = Pick<PingResult, "failure" | "protocol" | "target">;
type Explain = (failed: Failed) => Explanation;

const tls =
  (found: string, change: string): Explain =>
  () => ({ found, change, tls: true });

const unknownSigner = tls(
  "The trunk's certificate is signed by an authority that this machine does not trust, or the trunk leaves out the certificates in between.",
  "Give the authority's certificate with --tls-ca (`tls.ca`), or ask the operator to send the whole chain.",
);
const selfSigned = tls(
  "The trunk's certificate is self-signed: nobody vouches for it.",
  "If that is meant so, give that very certificate with --tls-ca (`tls.ca`).",
);
const noTls = tls(
  "Something listens there, but it does not speak TLS.",
  "Use --transport tcp, or the trunk's TLS port, which is often 5061.",
);
const wantsOurs = tls(
  "The trunk wants a certificate of ours, or does not accept the one we showed.",
  "Give the certificate that the operator issued with --tls-cert and --tls-key.",
);
const noWay: Explain = ({ target }) => ({
  found: `No network of this machine leads to ${target.address}.`,
  change: "Check the address, and the VPN or route that it needs.",
});
const silent: Explain = ({ failure, protocol }) => ({
  found: `No answer to OPTIONS: ${failure ?? "nothing came back"}.`,
  change: `Check the address and the port, that the trunk takes ${protocol} (else --transport), and that firewalls on either side let it through; some trunks are silent towards addresses that they do not know.`,
});

/** By what the system or OpenSSL calls it; the first that fits counts. */
const explanations: readonly (readonly [RegExp, Explain])[] = [
  [
    /CERT_HAS_EXPIRED/,
    tls(
      "The trunk's certificate has expired.",
      "Ask its operator to renew it; or this machine's clock is wrong.",
    ),
  ],
  [
    /CERT_NOT_YET_VALID/,
    tls(
      "The trunk's certificate is not valid yet.",
      "Check this machine's clock; else ask the operator for the certificate in force.",
    ),
  ],
  [
    /ALTNAME_INVALID|HOSTNAME_MISMATCH/,
    tls(
      "The trunk's certificate is for another name than the one we call it by.",
      "Use the name in the certificate as --trunk, or say which to expect with --tls-server-name (`tls.serverName`).",
    ),
  ],
  [/DEPTH_ZERO_SELF_SIGNED_CERT/, selfSigned],
  [/SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/, unknownSigner],
  [/ALERT_(?:BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE)/, wantsOurs],
  [/EPROTO|ERR_SSL|WRONG_VERSION|PACKET_LENGTH/, noTls],
  [
    /ECONNREFUSED/,
    ({ protocol, target }) => ({
      found: `Nothing takes ${protocol} on port ${target.port} of ${target.address}: it was refused at once.`,
      change: "Check the port, and try another --transport.",
    }),
  ],
  [/EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL/, noWay],
  [/ETIMEDOUT|no (?:response|answer)/i, silent],
  [
    /ECONNRESET|EPIPE|closed/i,
    ({ protocol }) => ({
      found: `The trunk took the ${protocol} connection and closed it without an answer.`,
      change:
        "The port may want another --transport (TLS), or the trunk does not know this address.",
    }),
  ],
];

/** Says in words why no answer came. Pure. */
export function explainFailure(failed: Failed): Explanation {
  const failure = failed.failure ?? "no answer";
  const [, explain = silent] = explanations.find(([pattern]) => pattern.test(failure)) ?? [];
  return explain({ ...failed, failure });
}
