/** The server tells paths on its own port without knowing the name it is reached by; the page knows it. */
export const fullAddress = (address: string): string =>
  address.startsWith('/') ? `${globalThis.location.origin.replace(/^http/, 'ws')}${address}` : address
