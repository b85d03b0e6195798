// Names for people and things that may have none.

/** The last part of an IRI that says something: `…/verbs/completed` is "completed". */
export function nameFromIri(iri: string): string {
  const parts = iri.split(/[/#]/).filter((part) => part !== "");
  return decode(parts.at(-1) ?? iri);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** An agent's key (`mbox:mailto:…`, `account:homePage|name`, …) as people know it: a mailbox, an account's name. */
export function nameFromIdentifier(identifier: string): string {
  const bare = identifier.replace(/^(mbox:|openid:|account:)/, "");
  if (bare.startsWith("mailto:")) return bare.slice("mailto:".length);
  const bar = bare.lastIndexOf("|");
  return bar >= 0 ? bare.slice(bar + 1) : bare;
}

export function initialsOf(name: string): string {
  const words = name.split(/[\s._@-]+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const picked = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return picked.map((word) => Array.from(word ?? "?")[0] ?? "?").join("").toUpperCase();
}

/** Only http and https are ever made a link: statements name activities by whatever IRI their author chose. */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}
