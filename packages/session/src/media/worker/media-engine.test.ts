import { afterEach, expect, it } from "vitest";
import { agreed, closeAll, openEnd, peerSocket, plane, until } from "../testing/plane-fixture.js";

afterEach(closeAll);

/** Passes for samples here, and cannot be reckoned with in the thread: a defect made to order. */
const harmful = new Int16Array(1);
harmful.slice = () => ({ length: 1, 0: 1n }) as unknown as Int16Array<ArrayBuffer>;

it.each([
  ["packets of 20 ms", 20],
  ["packets of 30 ms", 30],
])(
  "a defect that one call runs into leaves the others their sound: %s",
  async (_what, packetMs) => {
    const shared = plane();
    const [broken, whole] = [openEnd(shared), openEnd(shared)];
    const peer = await peerSocket();
    for (const { port } of [broken, whole]) {
      await port.local;
      port.connect(agreed({ address: "127.0.0.1", port: peer.port }, { packetMs }));
    }
    await until(() => peer.received.length > 10);
    broken.port.setBackground?.(harmful);
    await until(() => broken.signals.length > 0);
    expect(broken.signals).toMatchObject([{ type: "media_failed" }]);
    const before = peer.received.length;
    await until(() => peer.received.length > before + 20);
    expect(whole.signals).toEqual([]);
  },
);
