import { describe, expect, it } from 'vitest'
import { readMessage } from '../testkit/sip-line.ts'
import { advance, dialogRequest, openDialog, route } from './dialog.ts'
import type { Flow } from './flow.ts'
import { readDatagram } from './framer.ts'
import type { SipRequest } from './message.ts'
import { negotiateTimer } from './session-timer.ts'

const flow: Flow = {
  transport: 'udp',
  reliable: false,
  remote: { address: '192.0.2.7', port: 5060 },
  local: { address: '192.0.2.1', port: 5060 },
  open: () => true,
  whenClosed: () => () => undefined,
  send: () => undefined,
}

function request(more: string[] = [], method = 'INVITE', cseq = 5): SipRequest {
  const text = [
    `${method} sip:srs@h SIP/2.0`,
    'Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1',
    'f: "SRC" <sip:src@h>;tag=remote',
    't: <sip:srs@h>',
    'i: call',
    `CSeq: ${cseq} ${method}`,
    ...more,
    'l: 0',
    '',
    '',
  ]
  const found = readDatagram(Buffer.from(text.join('\r\n')))
  if (found?.kind !== 'request') throw new Error('not a request')
  return found
}

describe('dialog', () => {
  it('keeps the route set in order and addresses the remote target (loose routing)', () => {
    const invite = request([
      'Record-Route: <sip:p2.example;lr>, <sip:p1.example:5070;lr;transport=tcp>',
      'm: <sip:src@10.1.1.1:5081>;+sip.src',
    ])
    const dialog = openDialog(invite, 'local', flow)
    const { startLine, headers } = readMessage(
      dialogRequest(dialog, 'BYE', { flow, via: '192.0.2.1:5060' }).bytes.toString(),
    )
    expect(startLine).toBe('BYE sip:src@10.1.1.1:5081 SIP/2.0')
    expect(headers.get('route')).toEqual(['<sip:p2.example;lr>', '<sip:p1.example:5070;lr;transport=tcp>'])
    expect(headers.get('from')).toEqual(['<sip:srs@h>;tag=local'])
    expect(headers.get('to')).toEqual(['"SRC" <sip:src@h>;tag=remote'])
    expect(headers.get('cseq')).toEqual(['1 BYE'])
    expect(route(dialog).hop).toEqual({ host: 'p2.example', port: 5060, transport: 'udp' })
  })

  it('rewrites for a strict router', () => {
    const dialog = openDialog(
      request([
        'Record-Route: <sip:p1.example;transport=tcp>',
        'Record-Route: <sip:p2.example;lr>',
        'Contact: <sips:src@10.1.1.1>',
      ]),
      'local',
      flow,
    )
    expect(route(dialog)).toEqual({
      uri: 'sip:p1.example;transport=tcp',
      routes: ['<sip:p2.example;lr>', '<sips:src@10.1.1.1>'],
      hop: { host: 'p1.example', port: 5060, transport: 'tcp' },
    })
  })

  it('moves the target on a refresh and refuses requests out of order', () => {
    const dialog = openDialog(request(['Contact: <sip:a@10.0.0.1>']), 'local', flow)
    expect(advance(dialog, request(['Contact: <sip:b@10.0.0.2>'], 'UPDATE', 7), flow)).toBe(true)
    expect(dialog.remoteTarget).toBe('sip:b@10.0.0.2')
    expect(advance(dialog, request(['Contact: <sip:c@10.0.0.3>'], 'OPTIONS', 8), flow)).toBe(true)
    expect(dialog.remoteTarget).toBe('sip:b@10.0.0.2')
    expect(advance(dialog, request([], 'BYE', 6), flow)).toBe(false)
  })
})

describe('session timer (RFC 4028)', () => {
  const ask = (...headers: string[]) => negotiateTimer(request(headers), null)

  it.each([
    [
      'agrees, the peer refreshing',
      ['Supported: timer', 'Session-Expires: 1800'],
      'Session-Expires: 1800;refresher=uac, Require: timer',
    ],
    [
      'reads the compact form',
      ['k: timer', 'x: 90;refresher=uac'],
      'Session-Expires: 90;refresher=uac, Require: timer',
    ],
    [
      'refreshes itself when asked by a peer that takes UPDATE',
      ['Require: timer', 'Session-Expires: 600;refresher=uas', 'Allow: INVITE, UPDATE'],
      'Session-Expires: 600;refresher=uas',
    ],
    ['has none when asked to refresh without UPDATE', ['Supported: timer', 'Session-Expires: 600;refresher=uas'], ''],
    ['has none for a peer that does not speak it', ['Session-Expires: 30'], ''],
    ['has none when the value is not a number', ['Supported: timer', 'Session-Expires: soon'], ''],
  ])('%s', (_, headers, expected) => {
    const verdict = ask(...headers)
    expect(verdict.kind === 'agreed' ? verdict.headers.map(([n, v]) => `${n}: ${v}`).join(', ') : '').toBe(expected)
  })

  it('refuses less than 90 s', () => {
    expect(ask('Supported: timer', 'Session-Expires: 89')).toEqual({ kind: 'tooShort', headers: [['Min-SE', '90']] })
  })

  it('keeps the timer over a refresh that does not mention it', () => {
    const timer = { interval: 300, refresher: 'uac' as const }
    expect(negotiateTimer(request(['Supported: timer']), timer)).toMatchObject({ kind: 'agreed', timer })
    expect(negotiateTimer(request(), timer)).toEqual({ kind: 'none' })
  })
})
