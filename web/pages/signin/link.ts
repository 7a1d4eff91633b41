import { useState } from 'react'

/** The token of a one-time link, from the address's fragment: browsers never send it to a server or to another site. */
export const useLinkToken = (): string | null => {
  const [token] = useState(() => globalThis.location.hash.slice(1))
  return token.length >= 20 ? token : null
}
