import { BlockList, isIP } from 'node:net'

/** Loopback, private (RFC 1918) and unique local (RFC 4193) networks. */
export const privateNetworks = ['127.0.0.0/8', '::1/128', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']

/** Whether a text is an address or a network in CIDR form. */
export function isNetwork(text: string): boolean {
  const { address, family, bits } = parse(text)
  return (
    family !== 0 &&
    /^[0-9a-f:.]+$/i.test(address) &&
    Number.isInteger(bits) &&
    bits >= 0 &&
    bits <= (family === 4 ? 32 : 128)
  )
}

/** Tells whether an address is within one of the networks. IPv4 addresses mapped into IPv6 count as IPv4. */
export function allowList(networks: string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const network of networks) {
    const { address, family, bits } = parse(network)
    list.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6')
  }
  return (given) => {
    const address = given.replace(/^::ffff:/i, '')
    const family = isIP(address)
    return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6')
  }
}

function parse(text: string): { address: string; family: number; bits: number } {
  const [address = '', prefix, ...rest] = text.split('/')
  const family = rest.length > 0 ? 0 : isIP(address)
  const bits = prefix === undefined ? (family === 4 ? 32 : 128) : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
  return { address, family, bits }
}
