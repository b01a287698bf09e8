import { createSipCarrier, OffhookError, type SipCarrier } from "@offhook/session";

export interface TrunkFlags {
  readonly trunk?: string;
  readonly transport?: string;
  readonly from?: string;
  readonly username?: string;
  readonly password?: string;
}

/** Opens the trunk that the flags describe. Throws INVALID_OPTION, ADDRESS_IN_USE. */
export async function openTrunk(flags: TrunkFlags): Promise<SipCarrier> {
  const { trunk, transport, username } = flags;
  const password = flags.password ?? process.env["OFFHOOK_PASSWORD"];
  if (transport !== undefined && transport !== "udp" && transport !== "tcp")
    throw new OffhookError("INVALID_OPTION", `--transport ${transport} is not known.`, {
      remedy: "Use udp or tcp.",
    });
  const carrier = createSipCarrier(
    trunk === undefined
      ? {}
      : {
          trunk: {
            uri: trunk,
            ...(transport === undefined ? {} : { transport }),
            ...(username === undefined ? {} : { username }),
            ...(password === undefined ? {} : { password }),
          },
        },
  );
  await carrier.ready();
  return carrier;
}
