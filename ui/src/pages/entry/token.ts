// The token of a one-time link. It stands behind the `#`, which browsers send to no server and put in no Referer.

import { useState } from "react";

export function useHashToken(): string | null {
  const [token] = useState(() => new URLSearchParams(window.location.hash.slice(1)).get("token"));
  return token;
}
