import { describe, expect, it } from 'vitest'
import type { Participant, Snapshot } from './metadata/snapshot.ts'
import { EMPTY } from './metadata/snapshot.ts'
import { interpret, isAgent, userOf } from './parties.ts'
import type { SiprecSettings } from './settings.ts'

const person = (id: string, address: string, more: Partial<Participant> = {}): Participant => ({
  id,
  address,
  name: undefined,
  sends: [`s${id}`],
  calling: undefined,
  ...more,
})
const streams = ['a', 'b'].map((id) => ({ id: `s${id}`, label: id === 'a' ? '1' : '2' }))
const call = (more: Partial<Snapshot> = {}): Snapshot => ({
  ...EMPTY,
  streams,
  participants: [person('a', 'sip:+390612345@pstn.example'), person('b', 'sip:201@pbx.example')],
  ...more,
})
const rules = (more: Partial<SiprecSettings> = {}) => ({ agentPatterns: [], direction: 'unknown' as const, ...more })
const roles = (snapshot: Snapshot, settings = rules()) =>
  ['1', '2'].map((label) => interpret(snapshot, settings).heardOn(label).role)

describe('parties', () => {
  it('says unknown when nobody says who the agent is', () => {
    expect(roles(call())).toEqual(['unknown', 'unknown'])
    expect(interpret(call(), rules()).facts).toMatchObject({ direction: undefined, agent: undefined })
  })

  it.each([[{ domain: 'PBX.example' }], [{ regex: '^sip:2\\d\\d@' }], [{ extensionLength: 3 }]])(
    'knows agents by %j',
    (pattern) => {
      const { facts } = interpret(call(), rules({ agentPatterns: [pattern] }))
      expect(roles(call(), rules({ agentPatterns: [pattern] }))).toEqual(['customer', 'agent'])
      expect(facts.agent).toBe('201')
      expect(facts.parties?.map(({ role }) => role)).toEqual(['customer', 'agent'])
    },
  )

  it('derives direction from caller and roles, and internal from two agents', () => {
    const settings = rules({ agentPatterns: [{ extensionLength: 3 }] })
    const calling = (a: boolean) =>
      call({ participants: [person('a', 'sip:+39061@x', { calling: a }), person('b', 'sip:201@x', { calling: !a })] })
    expect(interpret(calling(true), settings).facts.direction).toBe('inbound')
    expect(interpret(calling(false), settings).facts.direction).toBe('outbound')
    expect(
      interpret(call({ participants: [person('a', 'sip:200@x'), person('b', 'sip:201@x')] }), settings).facts,
    ).toMatchObject({ direction: 'internal', agent: undefined })
  })

  it('uses caller and callee only together with a known direction', () => {
    const hinted = call({ vendor: { from: '"X" <sip:+390612345@other>;tag=1', to: '<sip:201@other>' } })
    expect(roles(hinted)).toEqual(['unknown', 'unknown'])
    expect(roles(hinted, rules({ direction: 'inbound' }))).toEqual(['customer', 'agent'])
    expect(roles(hinted, rules({ direction: 'outbound' }))).toEqual(['agent', 'customer'])
    expect(roles(call(), rules({ direction: 'inbound' }))).toEqual(['unknown', 'unknown'])
  })

  it('knows the subscriber a hosted exchange names as the agent', () => {
    const { facts } = interpret(
      { ...EMPTY, vendor: { subscriber: 'anna@shop.example', direction: 'outbound' } },
      rules(),
    )
    expect(facts).toMatchObject({ agent: 'anna@shop.example', direction: 'outbound' })
    expect(roles(call({ vendor: { subscriber: '201@pbx.example' } }))).toEqual(['customer', 'agent'])
  })

  it('goes from label to stream to whoever sends it, never by order', () => {
    const settings = rules({ agentPatterns: [{ extensionLength: 3 }] })
    const crossed = call({
      participants: [person('a', 'sip:201@x', { sends: ['sb'] }), person('b', 'sip:+39061@x', { sends: ['sa'] })],
    })
    expect(roles(crossed, settings)).toEqual(['customer', 'agent'])
    expect(interpret(crossed, settings).heardOn('a_leg')).toEqual({ role: 'unknown' })
    expect(interpret(crossed, settings).heardOn(null)).toEqual({ role: 'unknown' })
    expect(interpret(crossed, settings).heardOn('1').address).toBe('sip:+39061@x')
    const silent = call({ participants: call().participants.map((one) => ({ ...one, sends: [] })) })
    expect(roles(silent, settings)).toEqual(['unknown', 'unknown'])
    const mixed = call({ participants: call().participants.map((one) => ({ ...one, sends: ['sa'] })) })
    expect(roles(mixed, settings)).toEqual(['unknown', 'unknown'])
    const zero = call({ streams: [{ id: 'sa', label: '0' }] })
    expect(interpret(zero, settings).heardOn('0').role).toBe('customer')
  })

  it('names the conversation: group, session id of either side, vendor call id', () => {
    const key = (more: Partial<Snapshot>) => interpret({ ...EMPTY, ...more }, rules()).conversationKey
    const sessions = (sipSessionId: string) => ({ sessions: [{ id: 'x', sipSessionId }] })
    expect(key({ groups: ['g'], ...sessions('a') })).toBe('group:g')
    expect(key(sessions('aa;remote=bb'))).toBe('session:aa+bb')
    expect(key(sessions('bb;remote=aa'))).toBe('session:aa+bb')
    expect(key(sessions('aa;remote=00000000'))).toBe('session:aa')
    expect(key({ vendor: { callId: '7' } })).toBe('call:7')
    expect(key({})).toBeUndefined()
  })

  it('reads users out of any spelling', () => {
    expect(
      ['sip:201@h', '201@h', '"A" <sip:201;phone-context=x@h>;tag=1', 'tel:201;ext=3', 'sip:2%301@h', '201'].map(
        userOf,
      ),
    ).toEqual(Array(6).fill('201'))
    expect(userOf('sip:%ff@h')).toBe('%ff')
    expect(isAgent(undefined, [{ regex: '.' }])).toBe(false)
  })
})
