import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { type Kysely, sql } from 'kysely'
import { HASH_BYTES, leafHash } from '../proof/merkle.ts'
import { noteVerifier, parseVkey } from '../proof/note.ts'
import { joinHashes, TILE_WIDTH } from '../proof/tiles.ts'
import { verifyTlogProof } from '../proof/tlog-proof.ts'
import { entryOf } from '../proof/entry.ts'
import { createEvidence, type Evidence, type EvidenceTables } from '../server/evidence/index.ts'
import { edgeRoot, newEdge } from '../server/evidence/log/edge.ts'
import { beginLog } from '../server/evidence/log/logs.ts'
import type { LogRow } from '../server/evidence/store.ts'
import { systemClock } from '../server/platform/clock.ts'
import { migrate, openDatabase } from '../server/platform/db/index.ts'
import { newId } from '../server/platform/ids.ts'
import { silentLog } from '../server/platform/log.ts'
import { localObjects } from '../server/platform/objects/index.ts'
import { createVault, fileEpochKeys, type Vault } from '../server/vault/index.ts'
import { type Finding, percentile, type Row, rowsTable } from './report.ts'

const SAMPLES = 500

type House = { db: Kysely<EvidenceTables>; vault: Vault; evidence: Evidence }

/** The transparency log: how fast events become leaves, and what a proof costs in a large log. */
export async function benchLog({ quick }: { quick: boolean }): Promise<Finding> {
  const rows: Row[] = []
  for (const writers of [8, 32]) rows.push(...(await inHouse((house) => append(house, writers, quick ? 3 : 20))))
  rows.push(...(await inHouse((house) => prove(house, quick ? 1_000_000 : 10_000_000))))
  return {
    table: rowsTable(rows),
    notes: [
      'A writer commits one event, then the next: each is durable when it counts. Embedded PostgreSQL and the program share all cores.',
      'The large log is made of equal tiles, so that filling it takes seconds; its proofs read the same rows and hash as much as any other’s. Files come from the page cache.',
      'Proofs are asked for one after the other, without anything cached in the program.',
    ],
  }
}

async function inHouse(work: (house: House) => Promise<Row[]>): Promise<Row[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'verbale-log-'))
  const database = await openDatabase({ dataDir, connections: 40 })
  await migrate(database.db)
  const db = database.db as Kysely<EvidenceTables>
  const at = (name: string) => localObjects(join(dataDir, name))
  const epochKeys = fileEpochKeys([at('epoch')])
  const [clock, log] = [systemClock, silentLog]
  const vault = await createVault({
    db: database.db,
    objects: at('objects'),
    keys: at('keystore'),
    epochKeys,
    clock,
    log,
  })
  const evidence = createEvidence({ db, vault, clock, log, guard: at('log-guard'), operator: 'log.example' })
  try {
    return await work({ db, vault, evidence })
  } finally {
    await vault.stop()
    await database.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function append({ db, evidence }: House, writers: number, seconds: number): Promise<Row[]> {
  await evidence.start()
  const began = performance.now()
  const waits: number[] = []
  const write = async (): Promise<void> => {
    while (performance.now() - began < seconds * 1000) {
      const from = performance.now()
      await db
        .transaction()
        .execute((tx) => evidence.append(tx, { type: 'access.play', callId: newId(), data: { ms: 1 } }, null))
      waits.push(performance.now() - from)
    }
  }
  await Promise.all(Array.from({ length: writers }, write))
  const committed = performance.now()
  await evidence.drain()
  const signed = performance.now()
  const { size, queued, alarm } = await evidence.status()
  if (queued > 0 || alarm || size < waits.length) throw new Error('the log has not taken every event')
  const checked = performance.now()
  if (await evidence.check()) throw new Error('the log is not what its entries make')
  const check = performance.now() - checked
  await evidence.stop()
  const of = `${writers} writers`
  return [
    {
      name: `${of}: events in the log and signed`,
      value: waits.length / ((signed - began) / 1000),
      unit: 'events/s',
    },
    { name: `${of}: one commit, p95`, value: percentile(waits, 0.95), unit: 'ms' },
    { name: `${of}: from the last commit to its signature`, value: signed - committed, unit: 'ms' },
    {
      name: `${of}: recomputing the log from its entries`,
      value: size / (check / 1000),
      unit: 'entries/s',
      note: 'with its pauses',
    },
  ]
}

async function prove({ db, vault, evidence }: House, leaves: number): Promise<Row[]> {
  const filled = performance.now()
  const ids = await fill(db, vault, leaves)
  await evidence.drain()
  const seconds = (performance.now() - filled) / 1000
  const { size, checkpoint, vkey } = await evidence.status()
  if (checkpoint?.size !== leaves || size !== leaves) throw new Error('the large log is not signed')
  const logs = [noteVerifier(parseVkey(vkey ?? ''))]
  const [proving, verifying]: [number[], number[]] = [[], []]
  let bytes = 0
  for (const id of ids) {
    const asked = performance.now()
    const { proof, entry } = await evidence.proofOf(id)
    const got = performance.now()
    verifyTlogProof(proof, Buffer.from(entry), { logs })
    verifying.push(performance.now() - got)
    proving.push(got - asked)
    bytes = Math.max(bytes, proof.length)
  }
  const of = `${leaves / 1e6} million entries`
  return [
    { name: `${of}: proof of inclusion, p50`, value: percentile(proving, 0.5), unit: 'ms' },
    { name: `${of}: the same, p95`, value: percentile(proving, 0.95), unit: 'ms' },
    { name: `${of}: verification with signature, p95`, value: percentile(verifying, 0.95), unit: 'ms' },
    { name: `${of}: longest proof`, value: bytes, unit: 'B', note: 'with checkpoint' },
    { name: `${of}: filling and signing`, value: seconds, unit: 's', note: 'equal tiles' },
  ]
}

/** A log of that many leaves in which leaf i is entry i mod 256. Returns the events of some leaves, spread over all. */
async function fill(db: Kysely<EvidenceTables>, vault: Vault, leaves: number): Promise<string[]> {
  const entries = Array.from({ length: TILE_WIDTH }, (_, k) => entryOf(Buffer.alloc(32, k), Buffer.from('event')))
  const log = await db.transaction().execute((tx) =>
    beginLog(tx, vault.box, {
      operator: 'log.example',
      year: new Date().getUTCFullYear(),
      atMs: Date.now(),
      after: null,
    }),
  )
  const edge = { ...newEdge(), size: leaves }
  let tile = Buffer.concat(entries.map((entry) => leafHash(Buffer.from(entry))))
  for (let level = 0, hashes = leaves; hashes > 0; level++, hashes = Math.floor(hashes / TILE_WIDTH)) {
    const [full, rest] = [Math.floor(hashes / TILE_WIDTH), hashes % TILE_WIDTH]
    await sql`insert into log_tile (log_id, level, tile_index, bytes)
      select ${log.id}, ${level}, n, ${tile} from generate_series(0, ${full - 1}) n`.execute(db)
    const partial = tile.subarray(0, rest * HASH_BYTES)
    if (rest > 0)
      await db.insertInto('log_tile').values({ log_id: log.id, level, tile_index: full, bytes: partial }).execute()
    edge.rows[level] = Array.from({ length: rest }, (_, k) => partial.subarray(k * HASH_BYTES, (k + 1) * HASH_BYTES))
    tile = Buffer.concat(Array.from({ length: TILE_WIDTH }, () => joinHashes(tile)))
  }
  await db
    .updateTable('log')
    .set({ size: leaves, root: edgeRoot(edge) })
    .where('id', '=', log.id)
    .execute()
  return sampleLeaves(db, log, { entries, leaves })
}

async function sampleLeaves(
  db: Kysely<EvidenceTables>,
  log: LogRow,
  { entries, leaves }: { entries: string[]; leaves: number },
): Promise<string[]> {
  const samples = Array.from({ length: SAMPLES }, (_, k) => ({ id: newId(), index: (k * 7_919_003) % leaves }))
  await db
    .insertInto('evidence_event')
    .values(
      samples.map(({ id, index }) => ({
        id,
        entry: entries[index % TILE_WIDTH] ?? '',
        rendition_id: null,
        opening: Buffer.alloc(0),
        created_at: new Date(),
      })),
    )
    .execute()
  const rows = samples.map(({ id, index }) => ({ log_id: log.id, leaf_index: index, event_id: id }))
  await db.insertInto('log_leaf').values(rows).execute()
  return samples.map(({ id }) => id)
}
