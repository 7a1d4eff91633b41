import { BlockList, isIP } from 'node:net'
import { plainAddress } from './sip/flow.ts'

export type Networks = { contains(address: string): boolean }

/** Whether `text` is an address or a network in CIDR notation. */
export function isCidr(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}

/** A set of networks in CIDR notation (a bare address is a network of one). Throws RangeError when one is malformed. */
export function createNetworks(cidrs: readonly string[]): Networks {
  const known = new BlockList()
  for (const cidr of cidrs) {
    if (!isCidr(cidr)) throw new RangeError(`not a network: ${cidr}`)
    const [address = '', bits] = cidr.split('/')
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    if (bits === undefined) known.addAddress(address, family)
    else known.addSubnet(address, Number(bits), family)
  }
  return {
    contains(raw) {
      const address = plainAddress(raw)
      const family = isIP(address)
      return family !== 0 && known.check(address, family === 4 ? 'ipv4' : 'ipv6')
    },
  }
}

/** The network an address lies in, coarse enough for a log line (/24, /48). */
export function networkOf(raw: string): string {
  const address = plainAddress(raw)
  return isIP(address) === 4
    ? `${address.split('.').slice(0, 3).join('.')}.0/24`
    : `${address.split(':').slice(0, 3).join(':')}::/48`
}
