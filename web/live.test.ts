import { expect, it } from 'vitest'
import type { LiveCall } from '../contract/models/calls.ts'
import { callsAfter } from './live.ts'

const call = (id: string, difficult = false) => ({ id, difficult }) as LiveCall

it('keeps the calls in progress as the server tells them', () => {
  const hello = callsAfter([], { type: 'hello', seq: 1, liveCalls: [call('a')] })
  const second = callsAfter(hello, { type: 'call.live', seq: 2, call: call('b') })
  const changed = callsAfter(second, { type: 'call.live', seq: 3, call: call('a', true) })
  expect(changed).toEqual([call('b'), call('a', true)])
  expect(callsAfter(changed, { type: 'call.ended', seq: 4, callId: 'b' })).toEqual([call('a', true)])
})
