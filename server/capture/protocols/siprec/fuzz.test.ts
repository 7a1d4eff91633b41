import { connect } from 'node:net'
import { once } from 'node:events'
import { createSocket } from 'node:dgram'
import pino from 'pino'
import { expect, it } from 'vitest'
import { fakeDesk } from '../../testkit/desk.ts'
import { listenSiprec } from './server.ts'
import { manualTimers } from './testkit/manual-timers.ts'
import { metadata, offer, requestText, sessionBody } from './testkit/messages.ts'
import { testDeps, testSettings } from './testkit/running.ts'
import { SrcSimulator } from './testkit/src-simulator.ts'

/** A small generator of our own: the same damage on every run. */
function damage(seed: number): (text: string) => string {
  let state = seed * 2_654_435_761 + 1
  const next = (below: number): number => ((state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 8) % below
  const bits = [
    '\r\n',
    ';',
    ',',
    '"',
    '<',
    '>',
    '\0',
    ' ',
    ':',
    '=',
    '\r\n\r\n',
    '%',
    'sip:',
    '-1',
    '99999999999',
    'm=audio 1 RTP/AVP 0\r\n',
    '<!DOCTYPE x>',
    '--edge-1',
  ]
  return (text) => {
    let out = text
    for (let i = 1 + next(5); i > 0; i--) {
      const at = next(out.length)
      out = out.slice(0, at) + (next(3) ? (bits[next(bits.length)] ?? '') : '') + out.slice(at + next(8))
    }
    return out
  }
}

const sound = (n: number, method: string): string =>
  requestText({
    method,
    uri: 'sip:srs@127.0.0.1',
    transport: n % 2 ? 'TCP' : 'UDP',
    sentBy: '127.0.0.1:9',
    branch: `z9hG4bK${n}`,
    from: `<sip:fuzz@h>;tag=${n}`,
    to: '<sip:srs@h>',
    callId: `fuzz-${n}`,
    cseq: 1,
    headers: [
      'Contact: <sip:fuzz@127.0.0.1:9>',
      'Require: siprec',
      'Record-Route: <sip:127.0.0.1:9;lr>',
      'Supported: timer',
      'Session-Expires: 1800',
    ],
    body: sessionBody(
      offer([{}, { protocol: 'RTP/SAVP', attributes: ['crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA|1:1'] }]),
      metadata([{ aor: 'sip:1@h', name: 'A & B' }], ['1']),
    ),
  })

it('2,000 damaged messages over UDP and TCP: nothing thrown, nothing kept, still answering', async () => {
  const faults: string[] = []
  const log = pino({ level: 'error' }, { write: (line: string) => void faults.push(line) })
  const timers = manualTimers()
  const desk = fakeDesk()
  const deps = { ...testDeps(desk, testSettings({ maxCalls: 50, rtpPorts: [25_301, 25_499] })), log }
  const listener = await listenSiprec(deps, { timers })
  const port = (name: string): number =>
    Number(
      listener.addresses
        .find((a) => a.startsWith(name))
        ?.split(':')
        .at(-1),
    )
  const udp = createSocket('udp4')
  for (let n = 0; n < 2000; n++) {
    const text = damage(n)(sound(n, ['INVITE', 'OPTIONS', 'BYE', 'ACK', 'CANCEL', 'UPDATE'][n % 6] ?? ''))
    if (n % 2 === 0) await new Promise((done) => udp.send(Buffer.from(text, 'latin1'), port('udp'), '127.0.0.1', done))
    else {
      const socket = connect(port('tcp'), '127.0.0.1').on('error', () => undefined)
      await once(socket, 'connect')
      socket.end(Buffer.from(text, 'latin1'))
      await once(socket.resume(), 'close')
    }
  }
  udp.close()
  const src = await SrcSimulator.open({ transport: 'tcp', server: { host: '127.0.0.1', port: port('tcp') } })
  expect((await (await src.prepare()).request('OPTIONS')).status).toBe(200)
  expect(faults).toEqual([])
  expect(desk.calls.length).toBeGreaterThan(10)
  // Unacknowledged sessions end, transactions expire, and no timer is left behind.
  src.close()
  for (let minutes = 0; minutes < 5; minutes++) {
    timers.advance(60_000)
    await new Promise((done) => setTimeout(done, 50))
  }
  expect(desk.calls.every(({ ended }) => ended === 'error')).toBe(true)
  expect(timers.pending).toBe(0)
  expect(desk.faults).toEqual([])
  await listener.stop()
}, 60_000)
