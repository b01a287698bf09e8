const PCAP_MAGIC = 0xa1b2c3d4;
const LINK_ETHERNET = 1;
const ETHERNET_BYTES = 14;
const IP_BYTES = 20;
const UDP_BYTES = 8;
const RTP_BYTES = 12;
const PACKET_MS = 20;
const PACKET_BYTES = 160;

/** A capture of one RTP stream of G.711, as sipp's play_pcap_audio wants it. Addresses are left 0. */
export function rtpPcap(coded: Uint8Array, payloadType: number): Uint8Array {
  const pieces: Buffer[] = [fileHeader()];
  for (let at = 0, sequence = 1; at < coded.length; at += PACKET_BYTES, sequence++) {
    const payload = coded.subarray(at, at + PACKET_BYTES);
    const length = ETHERNET_BYTES + IP_BYTES + UDP_BYTES + RTP_BYTES + payload.length;
    const sentMs = (sequence - 1) * PACKET_MS;
    const record = Buffer.alloc(16);
    record.writeUInt32LE(Math.floor(sentMs / 1_000), 0);
    record.writeUInt32LE((sentMs % 1_000) * 1_000, 4);
    record.writeUInt32LE(length, 8);
    record.writeUInt32LE(length, 12);
    pieces.push(record, frame(payload, { payloadType, sequence, timestamp: at }));
  }
  return Buffer.concat(pieces);
}

function fileHeader(): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(PCAP_MAGIC, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(LINK_ETHERNET, 20);
  return header;
}

function frame(
  payload: Uint8Array,
  rtp: { readonly payloadType: number; readonly sequence: number; readonly timestamp: number },
): Buffer {
  const udpBytes = UDP_BYTES + RTP_BYTES + payload.length;
  const headers = Buffer.alloc(ETHERNET_BYTES + IP_BYTES + UDP_BYTES + RTP_BYTES);
  headers.writeUInt16BE(0x0800, 12);
  const ip = ETHERNET_BYTES;
  headers.writeUInt8(0x45, ip);
  headers.writeUInt16BE(IP_BYTES + udpBytes, ip + 2);
  headers.writeUInt8(64, ip + 8);
  headers.writeUInt8(17, ip + 9);
  const udp = ip + IP_BYTES;
  headers.writeUInt16BE(4_000, udp);
  headers.writeUInt16BE(4_002, udp + 2);
  headers.writeUInt16BE(udpBytes, udp + 4);
  const at = udp + UDP_BYTES;
  headers.writeUInt8(0x80, at);
  headers.writeUInt8(rtp.payloadType, at + 1);
  headers.writeUInt16BE(rtp.sequence, at + 2);
  headers.writeUInt32BE(rtp.timestamp, at + 4);
  headers.writeUInt32BE(0x51_99_00_01, at + 8);
  return Buffer.concat([headers, payload]);
}
