const subscriber = /^\+?[\d*#().-]*\d[\d*#().-]*$/;

/**
 * Whom the user part of a URI means: of a telephone number what is dialled, without the parameters and
 * separators that come with it (RFC 3261 19.1.6, RFC 3966), `+1-202-555-0100;npdi` → `+12025550100`; of
 * any other user all of it.
 */
export function subscriberOf(user: string): string {
  const [number = ""] = user.split(";", 1);
  if (!subscriber.test(number)) return user;
  return number.startsWith("+") ? number.replace(/[().-]/g, "") : number;
}
