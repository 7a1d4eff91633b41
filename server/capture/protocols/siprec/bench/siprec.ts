import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../../../platform/clock.ts'
import { silentLog } from '../../../../platform/log.ts'
import type { Desk, LegIntake } from '../../../source.ts'
import { listenSiprec } from '../server.ts'
import type { SuiteName } from '../rtp/srtp-suites.ts'
import { SrtpReceiver } from '../rtp/srtp.ts'
import { startLoad } from '../testkit/load.ts'
import { testSettings } from '../testkit/running.ts'
import { SrtpSender } from '../testkit/srtp-sender.ts'

export type BenchRow = { name: string; value: number; unit: string; note?: string }

const SUITES: SuiteName[] = [
  'AES_CM_128_HMAC_SHA1_80',
  'AES_256_CM_HMAC_SHA1_80',
  'AEAD_AES_128_GCM',
  'AEAD_AES_256_GCM',
]
const PACKETS = 20_000

/** What receiving costs, without the recorder: SRTP by packet, calls by share of a core. CPU time. */
export async function benchSiprec(): Promise<BenchRow[]> {
  const rows = SUITES.map(srtpRow)
  rows.push(...(await reception(200)), ...(await reception(500)), ...(await reception(200, 'AES_CM_128_HMAC_SHA1_80')))
  return rows
}

const cpuUs = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since)
  return user + system
}

function srtpRow(suite: SuiteName): BenchRow {
  const sender = new SrtpSender(suite)
  const payload = randomBytes(160)
  const packets = Array.from({ length: PACKETS }, (_, i) => {
    const packet = Buffer.concat([Buffer.alloc(12), payload])
    packet[0] = 0x80
    packet.writeUInt16BE(i, 2)
    return sender.protect(packet, 0)
  })
  let least = Infinity
  for (let round = 0; round < 5; round++) {
    const receiver = new SrtpReceiver(suite, [{ key: sender.masterKey, salt: sender.masterSalt, mki: null }])
    const start = process.cpuUsage()
    for (const packet of packets) if (typeof receiver.unprotect(packet) === 'string') throw new Error('not opened')
    least = Math.min(least, cpuUs(start))
  }
  return { name: `SRTP ${suite}, per packet`, value: least / PACKETS, unit: 'µs' }
}

async function reception(calls: number, srtp?: SuiteName): Promise<BenchRow[]> {
  let packets = 0
  let ended = 0
  const intake: LegIntake = {
    rtp: () => void packets++,
    frame: () => {},
    change: () => {},
    lost: () => {},
    hold: () => {},
    end: () => {},
  }
  const desk: Desk = {
    announce: () => ({
      accepted: true,
      call: {
        callId: '',
        leg: () => intake,
        update: () => {},
        caption: () => false,
        sourcePaused: () => {},
        dtmf: () => {},
        end: () => void ended++,
      },
    }),
  }
  const listener = await listenSiprec({
    desk,
    clock: systemClock,
    log: silentLog,
    settings: testSettings(),
    web: { route: () => {} },
    credentials: { find: () => Promise.resolve(null) },
  })
  const port = Number(
    listener.addresses
      .find((a) => a.startsWith('tcp:'))
      ?.split(':')
      .at(-1),
  )
  const load = startLoad({ port, transport: 'tcp', calls, seconds: 12, ...(srtp ? { srtp } : {}) })
  await load.streaming
  await sleep(2000)
  const [start, wall, before] = [process.cpuUsage(), performance.now(), packets]
  await sleep(8000)
  const [used, seconds, during] = [cpuUs(start), (performance.now() - wall) / 1000, packets - before]
  const sent = (await load.done).packets
  while (ended < calls) await sleep(20)
  await listener.stop()
  const name = `${calls} two-leg calls${srtp ? `, ${srtp}` : ''}`
  return [
    {
      name: `${name}: share of a core`,
      value: used / seconds / 1e4,
      unit: '%',
      note: `${Math.round(during / seconds)} packets/s`,
    },
    { name: `${name}: packets lost`, value: sent - packets, unit: 'packets', note: `of ${sent}` },
  ]
}
