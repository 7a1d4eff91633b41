import { readFileSync } from 'node:fs'
import { silentLog } from '../../server/platform/log.ts'
import { localObjects } from '../../server/platform/objects/index.ts'
import { startEngine } from '../../server/vault/live/engine.ts'
import { defaultSettings } from '../../server/vault/settings.ts'
import { truth } from '../../server/vault/testkit/story.ts'

/*
 * Writes live streams as a recorder does until it is killed. Reports on standard output, one JSON line at a time, what the vault
 * says is durable and how much was appended by when.
 */

type Plan = {
  folder: string
  renditionId: string
  dataKeyFile: string
  streams: string[]
  packetBytes: number
  checkpointMs: number
}

const plan = JSON.parse(process.argv[2]!) as Plan
const dataKey = readFileSync(plan.dataKeyFile)
const settings = { ...defaultSettings, checkpointMs: plan.checkpointMs }
const engine = startEngine({ objects: localObjects(plan.folder), log: silentLog, settings, firstGeneration: 1 })
const open = (id: string, i: number): ReturnType<typeof engine.open> =>
  engine.open({ id, name: `packets/${i}`, renditionId: plan.renditionId, dataKey, onFault: () => {} })
const streams = plan.streams.map(open)

setInterval(() => {
  for (const s of streams) engine.append(s, truth(s.id, s.appended, s.appended + plan.packetBytes))
  const report = { at: Date.now(), durable: streams.map((s) => s.durable), appended: streams.map((s) => s.appended) }
  process.stdout.write(`${JSON.stringify(report)}\n`)
}, 20)
