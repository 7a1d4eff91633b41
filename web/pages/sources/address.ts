/**
 * What a telephone platform is given. The server tells paths on its own port, and sockets on every interface, without
 * knowing the name it is reached by; the page knows it.
 */
export const fullAddress = (address: string): string =>
  address.startsWith('/')
    ? `${globalThis.location.origin.replace(/^http/, 'ws')}${address}`
    : address.replace(/^(\w+:\/\/)(?:0\.0\.0\.0|\[::\]):/, `$1${globalThis.location.hostname}:`)
