/** The compact forms (RFC 3261 7.3.3 and the RFCs that came after), by their letter. */
const compactNames: Readonly<Record<string, string>> = {
  a: "accept-contact",
  b: "referred-by",
  c: "content-type",
  d: "request-disposition",
  e: "content-encoding",
  f: "from",
  i: "call-id",
  j: "reject-contact",
  k: "supported",
  l: "content-length",
  m: "contact",
  o: "event",
  r: "refer-to",
  s: "subject",
  t: "to",
  u: "allow-events",
  v: "via",
  x: "session-expires",
  y: "identity",
};

/** As sip.js writes the names that are common or spelled in a way of their own. */
const usualSpelling = [
  ...["Call-ID", "CSeq", "Min-SE", "RAck", "RSeq", "WWW-Authenticate", "Allow", "Contact"],
  ...["Content-Length", "Content-Type", "Content-Disposition", "From", "Max-Forwards"],
  ...["Proxy-Authorization", "Record-Route", "Require", "Route", "Supported", "To"],
  ...["User-Agent", "Server", "Session-Expires", "Subject", "Via", "Reason", "Diversion"],
  ...["History-Info"],
];

/** Most names come spelled in one of a few ways, which then need not be worked out. */
const plainNames = new Map([
  ...usualSpelling.map((name) => [name, name.toLowerCase()] as const),
  ...usualSpelling.map((name) => [name.toLowerCase(), name.toLowerCase()] as const),
]);
const sipjsNames = new Map([
  ...usualSpelling.map((name) => [name, name] as const),
  ...usualSpelling.map((name) => [name.toLowerCase(), name] as const),
]);

/** A header's full name in lower case, however it was written: `v` → `via`, `CALL-ID` → `call-id`. */
export function plainName(written: string): string {
  const known = plainNames.get(written);
  if (known !== undefined) return known;
  const lower = written.trim().toLowerCase();
  return (lower.length === 1 && compactNames[lower]) || lower;
}

/** The key under which sip.js keeps a header, whatever its spelling: `content-type` → `Content-Type`. */
export function sipjsName(name: string): string {
  const known = sipjsNames.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase().replaceAll("_", "-");
  return (
    sipjsNames.get(lower) ??
    lower
      .split("-")
      .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
      .join("-")
  );
}
