import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compose, type ComposeDeps } from '../../../server/compose.ts'
import { loadConfig } from '../../../server/config.ts'
import { type Clock, systemClock } from '../../../server/platform/clock.ts'
import { connect } from '../../../server/platform/db/index.ts'
import { createLog } from '../../../server/platform/log.ts'
import { testDatabase } from '../../../server/platform/testkit/database.ts'
import { type Client, join_, setUp, type TestServer } from '../../journeys/server.ts'

export type Product = {
  url: string
  dataDir: string
  admin: Client
  /** The person behind `sip:201@pbx.example.test`, whom every `Talk` names. */
  agent: Client
  stop(): Promise<void>
}

export type ProductOptions = {
  /** Where the database is; otherwise one of the test run's server. */
  connection?: Parameters<typeof connect>[0]
  clock?: Clock
  dataDir?: string
  /** Where ciphertext goes and how much may wait in memory: small limits let a disk test end in seconds. */
  vault?: ComposeDeps['vault']
}

/** The whole product in this process: real sockets, real files, a real database; signed in as its administrator. */
export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const own = options.connection ? null : await testDatabase()
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'verbale-fault-'))
  const base = loadConfig({ flags: { data: dataDir, port: '0' } })
  const siprec = {
    ...base.protocols.siprec,
    host: '127.0.0.1',
    udpPort: 0,
    tcpPort: 0,
    rtpPorts: [47_000, 50_999] as [number, number],
  }
  const protocols = { ...base.protocols, siprec, audiosocket: { ...base.protocols.audiosocket, port: 0 } }
  const config = { ...base, http: { ...base.http, host: '127.0.0.1' }, protocols }
  const log = createLog(process.env['TEST_LOG'] ?? 'fatal')
  const database = connect(options.connection ?? own?.connectionConfig ?? {}, { log })
  const running = await compose({
    config,
    log,
    database,
    clock: options.clock ?? systemClock,
    ...(options.vault && { vault: options.vault }),
  })
  const server = { url: running.address, dataDir, running, database } as TestServer
  const admin = await setUp(server)
  const team = await admin.api('POST /teams', { body: { name: 'Vendite', country: 'IT' } })
  const agent = await join_(admin, server, {
    name: 'Bruno Agente',
    email: 'bruno@example.test',
    role: 'agent',
    teams: [team.id],
    aliases: ['sip:201@pbx.example.test'],
  })
  const stop = async (): Promise<void> => {
    await running.stop()
    await database.stop()
    await own?.drop()
    if (!options.dataDir) rmSync(dataDir, { recursive: true, force: true })
  }
  return { url: running.address, dataDir, admin, agent: agent.who, stop }
}
