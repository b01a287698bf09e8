import { createMediaPlane, type MediaPlane, type MediaPort, seededRandom } from "@offhook/session";
import { ImpairedRelay, type Impairment } from "./impaired-relay.js";

type Codecs = NonNullable<Parameters<typeof createMediaPlane>[0]>["codecs"];

/** A real media plane whose every port has a bad network in front of it. */
export interface ImpairedPlane extends MediaPlane {
  /** One for each port, in the order of their opening. */
  readonly relays: readonly ImpairedRelay[];
  /** What was agreed on, in order. */
  readonly agreements: readonly AgreedMedia[];
}

type AgreedMedia = Parameters<MediaPort["connect"]>[0];

export function impairedPlane(
  impairment: Impairment,
  options: { readonly seed: number; readonly codecs?: Codecs },
): ImpairedPlane {
  const { seed, codecs } = options;
  const inner = createMediaPlane({
    // The relay's address stands for each peer's.
    sharePorts: "never",
    ...(codecs ? { codecs } : {}),
  });
  const relays: ImpairedRelay[] = [];
  const agreements: AgreedMedia[] = [];
  return {
    codecs: inner.codecs,
    relays,
    agreements,
    open(wanted) {
      const port = inner.open(wanted);
      const relay = new ImpairedRelay(impairment, seededRandom(seed + relays.length));
      relays.push(relay);
      const local = port.local.then((us) => relay.open(us));
      local.catch(() => {});
      const { connect, close } = port;
      return Object.assign(port, {
        local,
        connect(agreed: AgreedMedia) {
          agreements.push(agreed);
          connect.call(port, { ...agreed, remote: relay.meet(agreed.remote) });
        },
        close() {
          relay.close();
          close.call(port);
        },
      });
    },
    close: () => inner.close(),
  };
}
