/** Written in their own way, or so common that the others' way is not worth working out each time. */
const knownNames = new Map([
  ["call-id", "Call-ID"],
  ["cseq", "CSeq"],
  ["min-se", "Min-SE"],
  ["rack", "RAck"],
  ["rseq", "RSeq"],
  ["www-authenticate", "WWW-Authenticate"],
  ["allow", "Allow"],
  ["contact", "Contact"],
  ["content-length", "Content-Length"],
  ["content-type", "Content-Type"],
  ["from", "From"],
  ["max-forwards", "Max-Forwards"],
  ["proxy-authorization", "Proxy-Authorization"],
  ["record-route", "Record-Route"],
  ["require", "Require"],
  ["route", "Route"],
  ["supported", "Supported"],
  ["to", "To"],
  ["user-agent", "User-Agent"],
  ["session-expires", "Session-Expires"],
  ["via", "Via"],
  ["diversion", "Diversion"],
  ["history-info", "History-Info"],
]);

/** The key under which sip.js keeps a header, whatever its spelling: `content-type` → `Content-Type`. */
export function sipjsName(name: string): string {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase().replaceAll("_", "-");
  return (
    knownNames.get(lower) ??
    lower
      .split("-")
      .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
      .join("-")
  );
}
