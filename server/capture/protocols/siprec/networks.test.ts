import { expect, it } from 'vitest'
import { createNetworks, isCidr, networkOf } from './networks.ts'
import { siprecSettings } from './settings.ts'

it('tells members of a list of networks, IPv4 in IPv6 too', () => {
  const networks = createNetworks(['10.0.0.0/8', '192.0.2.7', 'fc00::/7'])
  expect(['10.1.2.3', '::ffff:10.9.9.9', '192.0.2.7', 'fd00::1'].every((a) => networks.contains(a))).toBe(true)
  expect(['11.0.0.1', '192.0.2.8', '2001:db8::1', 'host', ''].some((a) => networks.contains(a))).toBe(false)
  expect(() => createNetworks(['10.0.0.0/33'])).toThrow(RangeError)
})

it('knows CIDR notation, and logs addresses coarsely', () => {
  expect(['::1', '1.2.3.4/0', 'fc00::/7'].every(isCidr)).toBe(true)
  expect(['1.2.3', '1.2.3.4/33', '::/129', '1.2.3.4/8/8', 'a/b', '1.2.3.4/-1'].some(isCidr)).toBe(false)
  expect(networkOf('::ffff:192.0.2.9')).toBe('192.0.2.0/24')
  expect(networkOf('2001:db8:1:2::3')).toBe('2001:db8:1::/48')
})

it('has defaults, and refuses settings that cannot work', () => {
  expect(siprecSettings.parse({})).toMatchObject({
    udpPort: 5060,
    rtpPorts: [20_000, 29_999],
    direction: 'unknown',
    agentPatterns: [],
  })
  for (const wrong of [
    { rtpPorts: [3, 2] },
    { allow: ['everyone'] },
    { agentPatterns: [{ regex: '(' }] },
    { agentPatterns: [{}] },
    { extra: 1 },
  ]) {
    expect(siprecSettings.safeParse(wrong).success).toBe(false)
  }
})
