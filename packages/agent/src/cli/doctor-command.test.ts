import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import net, { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runCli } from "./run-cli.js";
import { certificateKey, expired, forAnotherName, selfSigned } from "./testing/certificates.js";

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly found: string;
  readonly change?: string;
}

const closing: (() => void)[] = [];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "offhook-doctor-"));
});

afterEach(async () => {
  for (const close of closing.splice(0)) close();
  vi.restoreAllMocks();
  process.exitCode = undefined;
  await rm(folder, { recursive: true });
});

/** What the doctor prints of a trunk, and its exit code. */
async function doctor(
  ...flags: string[]
): Promise<{ wrong: Finding[]; all: Finding[]; code: number }> {
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  const code = await runCli(["doctor", "--json", ...flags]);
  const all = lines.map((line) => JSON.parse(line) as Finding & { type: string });
  expect(all.every(({ type }) => type === "finding")).toBe(true);
  return { all, wrong: all.filter(({ ok }) => !ok), code };
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

async function tlsServer(cert: string): Promise<number> {
  const server = tls.createServer({ cert, key: certificateKey });
  server.on("tlsClientError", () => undefined);
  closing.push(() => server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return portOf(server);
}

/** A SIP server over UDP that answers OPTIONS with whatever is given. */
async function answering(
  status: string,
  {
    headers = [],
    body = "",
    received,
    toRegister = status,
  }: { headers?: string[]; body?: string; received?: string; toRegister?: string } = {},
): Promise<string> {
  const socket = createSocket("udp4");
  closing.push(() => socket.close());
  socket.on("message", (data, { port }) => {
    const request = data.toString();
    const copied = request
      .split("\r\n")
      .filter((line) => /^(?:via|from|call-id|cseq):/i.test(line));
    const lines = [
      `SIP/2.0 ${request.startsWith("REGISTER") ? toRegister : status}`,
      ...copied.map((line) =>
        received && /^via:/i.test(line)
          ? `${line.replace(/;rport/, `;rport=${port}`)};received=${received}`
          : line,
      ),
      `${/^to:.*$/im.exec(request)?.[0]};tag=doctor`,
      ...headers,
      `Content-Length: ${body.length}`,
      "",
      body,
    ];
    socket.send(lines.join("\r\n"), port, "127.0.0.1");
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return `sip:127.0.0.1:${socket.address().port}`;
}

describe("the doctor says in words", () => {
  it("that a host has no address", async () => {
    const { all, code } = await doctor("--trunk", "sip:no-such-host.invalid");
    expect(all).toEqual([
      {
        type: "finding",
        check: "address",
        ok: false,
        found: "The host name no-such-host.invalid has no address.",
        change: "Check the spelling of the host, and this machine's DNS.",
      },
    ]);
    expect(code).toBe(1);
  });

  it.each([
    ["self-signed", selfSigned, [], /self-signed/, /--tls-ca/],
    ["for another name", forAnotherName, ["--tls-ca"], /another name/, /--tls-server-name/],
    ["expired", expired, ["--tls-ca"], /has expired/, /renew/],
  ])("that a certificate is %s", async (_what, certificate, flags, found, change) => {
    const file = join(folder, "ca.pem");
    await writeFile(file, certificate);
    const port = await tlsServer(certificate);
    const trust = flags.flatMap((flag) => [flag, file]);
    const trunk = ["--trunk", `sip:localhost:${port}`, "--transport", "tls"];
    const { wrong, code } = await doctor(...trunk, ...trust);
    expect(wrong).toMatchObject([{ check: "tls" }]);
    expect(wrong[0]?.found).toMatch(found);
    expect(wrong[0]?.change).toMatch(change);
    expect(code).toBe(1);
  });

  it("that a port does not speak TLS", async () => {
    const server = net.createServer((socket) => {
      socket.on("error", () => undefined);
      socket.end("SIP/2.0 400 Bad Request\r\n\r\n");
    });
    closing.push(() => server.close());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const trunk = `sip:127.0.0.1:${portOf(server)}`;
    const { wrong } = await doctor("--trunk", trunk, "--transport", "tls");
    expect(wrong).toMatchObject([
      { check: "tls", change: expect.stringMatching(/--transport tcp/) },
    ]);
  });

  it.each(["udp", "tcp"])("that nothing takes %s there", async (transport) => {
    const trunk = await answering("200 OK");
    for (const close of closing.splice(0)) close();
    const { wrong, code } = await doctor("--trunk", trunk, "--transport", transport);
    expect(wrong).toMatchObject([
      { check: "answer", found: expect.stringMatching(/refused at once/) },
    ]);
    expect(code).toBe(1);
  });

  it("that a server hangs up on us", async () => {
    const server = net.createServer((socket) => void socket.once("data", () => socket.destroy()));
    closing.push(() => server.close());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const trunk = `sip:127.0.0.1:${portOf(server)}`;
    const { wrong } = await doctor("--trunk", trunk, "--transport", "tcp");
    expect(wrong).toMatchObject([
      { check: "answer", found: expect.stringMatching(/closed it without an answer/) },
    ]);
  });

  it.each([
    [
      ['WWW-Authenticate: Digest realm="t", nonce="n"'],
      "401 Unauthorized",
      [],
      /asks for cred/,
      /--username/,
    ],
    [
      ['WWW-Authenticate: Digest realm="t", nonce="n"'],
      "401 Unauthorized",
      ["--username", "me", "--password", "wrong"],
      /did not accept/,
      /Check user name/,
    ],
    [[], "403 Forbidden", [], /without asking/, /allow this address/],
  ])("how credentials fare: %j, %s, %j", async (headers, status, flags, found, change) => {
    const { wrong, code } = await doctor("--trunk", await answering(status, { headers }), ...flags);
    expect(wrong).toMatchObject([
      {
        check: "credentials",
        found: expect.stringMatching(found),
        change: expect.stringMatching(change),
      },
    ]);
    expect(code).toBe(1);
  });

  it("that a password is wrong which OPTIONS was not asked for", async () => {
    const headers = ['WWW-Authenticate: Digest realm="t", nonce="n"'];
    const trunk = await answering("200 OK", { headers, toRegister: "401 Unauthorized" });
    const flags = ["--username", "me", "--password", "wrong"];
    const { wrong, code } = await doctor("--trunk", trunk, ...flags);
    expect(wrong).toMatchObject([
      { check: "credentials", found: expect.stringMatching(/REGISTER was answered 401/) },
    ]);
    expect(code).toBe(1);
  });

  it("that a NAT is in between", async () => {
    const trunk = await answering("200 OK", { received: "203.0.113.9" });
    const { wrong } = await doctor("--trunk", trunk);
    expect(wrong).toMatchObject([
      { check: "nat", change: expect.stringMatching(/localAddress to 203\.0\.113\.9/) },
    ]);
  });

  it("that there is no codec in common", async () => {
    const sdp = (formats: string) =>
      `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP ${formats}\r\na=rtpmap:18 G729/8000\r\n`;
    const headers = ["Content-Type: application/sdp"];
    const only729 = await answering("200 OK", { headers, body: sdp("18") });
    expect((await doctor("--trunk", only729)).wrong).toMatchObject([
      { check: "codecs", found: expect.stringMatching(/the trunk names G729\/8000/) },
    ]);
    const both = await answering("200 OK", { headers, body: sdp("18 8") });
    const { all, code } = await doctor("--trunk", both);
    expect(all.at(-1)).toMatchObject({
      check: "codecs",
      ok: true,
      found: expect.stringMatching(/PCMA\/8000\.$/),
    });
    expect(code).toBe(0);
  });

  it("that it takes no calls, or has trouble of its own", async () => {
    const noCalls = await answering("200 OK", { headers: ["Allow: OPTIONS, REGISTER"] });
    expect((await doctor("--trunk", noCalls)).wrong).toMatchObject([{ check: "calls" }]);
    const sick = await answering("503 Service Unavailable");
    expect((await doctor("--trunk", sick)).wrong).toMatchObject([{ check: "answer" }]);
  });
});

describe("the doctor is asked wrongly", () => {
  it.each([[[]], [["--trunk", "mailto:me"]], [["--trunk", "sip:h", "--transport", "pigeon"]]])(
    "%j: exit code 2",
    async (flags) => {
      vi.spyOn(console, "log").mockImplementation(() => undefined);
      vi.spyOn(console, "error").mockImplementation(() => undefined);
      vi.spyOn(process.stderr, "write").mockImplementation(() => true);
      expect(await runCli(["doctor", ...flags])).toBe(2);
    },
  );
});
