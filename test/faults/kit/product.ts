import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compose, type ComposeDeps } from '../../../server/compose.ts'
import { loadConfig } from '../../../server/config.ts'
import { type Clock, systemClock } from '../../../server/platform/clock.ts'
import { connect, type Database } from '../../../server/platform/db/index.ts'
import { createLog, type Logger } from '../../../server/platform/log.ts'
import { testDatabase } from '../../../server/platform/testkit/database.ts'
import { type Client, client, join_, setUp, type TestServer } from '../../journeys/server.ts'

export type Product = {
  url: string
  dataDir: string
  admin: Client
  /** The person behind `sip:201@pbx.example.test`, whom every `Talk` names. */
  agent: Client
  stop(): Promise<void>
  /** Starts anew beside a process that is as good as dead; that one is stopped as far as it can be. */
  bury(options: ProductOptions): Promise<Product>
  /** The findings of the doctor. */
  doctor(): Promise<string[]>
  /** Stops, then starts anew on the same data and database: the same people, still signed in. */
  restart(meanwhile?: () => Promise<void>): Promise<Product>
}

export type ProductOptions = {
  /** Where the database is; otherwise one of the test run's server. */
  connection?: Parameters<typeof connect>[0]
  clock?: Clock
  dataDir?: string
  /** Where ciphertext goes and how much may wait in memory: small limits let a disk test end in seconds. */
  vault?: ComposeDeps['vault']
  /** Told of the connections before anything uses them. */
  watch?: (pool: Database['pool']) => void
  log?: Logger
  /** What writes calls down. */
  engines?: ComposeDeps['engines']
}

type Place = {
  options: ProductOptions
  connection: Parameters<typeof connect>[0]
  dataDir: string
  remove(): Promise<void>
}

/** The whole product in this process: real sockets, real files, a real database; signed in as its administrator. */
export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const own = options.connection ? null : await testDatabase()
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'verbale-fault-'))
  const remove = async (): Promise<void> => {
    await own?.drop()
    if (!options.dataDir) rmSync(dataDir, { recursive: true, force: true })
  }
  const place = { options, connection: options.connection ?? own?.connectionConfig ?? {}, dataDir, remove }
  const server = await serve(place)
  const admin = await setUp(server)
  const team = await admin.api('POST /teams', { body: { name: 'Vendite', country: 'IT' } })
  const agent = await join_(admin, server, {
    name: 'Bruno Agente',
    email: 'bruno@example.test',
    role: 'agent',
    teams: [team.id],
    aliases: ['sip:201@pbx.example.test'],
  })
  return productOf(place, server, { admin, agent: agent.who })
}

async function serve({ options, connection, dataDir }: Place): Promise<TestServer> {
  const base = loadConfig({ flags: { data: dataDir, port: '0' } })
  const siprec = {
    ...base.protocols.siprec,
    host: '127.0.0.1',
    udpPort: 0,
    tcpPort: 0,
    rtpPorts: [47_000, 50_999] as [number, number],
  }
  const protocols = { ...base.protocols, siprec, audiosocket: { ...base.protocols.audiosocket, port: 0 } }
  const speech = { ...base.speech, detector: 'energy' as const }
  const config = { ...base, http: { ...base.http, host: '127.0.0.1' }, protocols, speech }
  const log = options.log ?? createLog(process.env['TEST_LOG'] ?? 'fatal')
  const database = connect(connection, { log })
  options.watch?.(database.pool)
  const running = await compose({
    config,
    log,
    database,
    clock: options.clock ?? systemClock,
    ...(options.vault && { vault: options.vault }),
    ...(options.engines && { engines: options.engines }),
  })
  return { url: running.address, dataDir, running, database } as TestServer
}

function productOf(place: Place, server: TestServer, people: { admin: Client; agent: Client }): Product {
  const { url, running, database } = server
  const halt = async (): Promise<void> => {
    await running.stop()
    await database.stop()
  }
  const reborn = async (at: Place): Promise<Product> => {
    const next = await serve(at)
    const again = ({ cookie }: Client): Client => Object.assign(client(next.url), { cookie })
    return productOf(at, next, { admin: again(people.admin), agent: again(people.agent) })
  }
  return {
    url,
    dataDir: place.dataDir,
    ...people,
    async bury(options) {
      void halt().catch(() => undefined)
      return reborn({ ...place, options })
    },
    async doctor() {
      const found: string[] = []
      for await (const { code } of running.doctor()) found.push(code)
      return found
    },
    stop: async () => (await halt(), place.remove()),
    async restart(meanwhile) {
      await halt()
      await meanwhile?.()
      return reborn(place)
    },
  }
}
