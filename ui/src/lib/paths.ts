// Addresses that may be followed after a sign-in.

/** A path of this app: nothing that a browser would take for another host. */
export function isOwnPath(text: string | undefined): text is string {
  return text !== undefined && /^\/(?![/\\])[^\\\s]*$/.test(text);
}
