import type { Kysely } from 'kysely'
import { joinPath, type Objects } from '../platform/objects/index.ts'
import { isProblem, messageOf } from '../platform/problem.ts'
import { JOURNAL, readEntry, segmentPath } from './live/format.ts'
import type { Keystore } from './keys/keystore.ts'
import { openReader } from './reader.ts'
import { holdKey } from './rendition-key.ts'
import { unwrapKey } from './renditions.ts'
import type { RenditionState, VaultTables } from './store.ts'
import type { DoctorFinding, RenditionFormat, SealedStream } from './types.ts'

/*
 * Keys, files and database against each other. Reads only.
 */

export type DoctorDeps = {
  db: Kysely<VaultTables>
  objects: Objects
  keystore: Keystore
  /** Renditions this process writes now. */
  live: () => ReadonlySet<string>
  /** Journals left by an earlier process, and the renditions in them not yet recovered. */
  stale: () => { journals: string[]; renditions: string[] }
  epochDays: () => Promise<number[]>
}

type Row = { id: string; format: RenditionFormat; state: RenditionState; manifest: SealedStream[] }
type Wrap = { rendition_id: string; purpose: string; bucket: string; leaf: number; wrapped: Buffer }

const PAGE = 500

export async function* doctor(deps: DoctorDeps): AsyncGenerator<DoctorFinding> {
  let problems = 0
  for await (const finding of findings(deps)) {
    if (finding.level !== 'ok') problems++
    yield finding
  }
  if (problems === 0) yield { level: 'ok', code: 'vault_sound', detail: 'Keys, files and database agree.' }
}

async function* findings(deps: DoctorDeps): AsyncGenerator<DoctorFinding> {
  yield* checkEpochs(deps)
  yield* checkJournals(deps)
  yield* checkBuckets(deps)
  const known = new Set<string>()
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const rows = await deps.db
      .selectFrom('rendition')
      .select(['id', 'format', 'state', 'manifest'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .execute()
    for (const row of rows) {
      known.add(row.id)
      yield* checkRendition(deps, row)
    }
    if (rows.length < PAGE) break
    after = rows.at(-1)!.id
  }
  for (const folder of await deps.objects.list('')) {
    if (folder === JOURNAL || known.has(folder)) continue
    const detail = `The folder ${folder} belongs to no recording of the database. If the database was restored from a backup, its recordings came after the backup; otherwise the folder can be deleted.`
    yield { level: 'warning', code: 'files_without_row', detail }
  }
}

async function* checkEpochs(deps: DoctorDeps): AsyncGenerator<DoctorFinding> {
  const days = await deps.epochDays()
  if (days.length > 9)
    yield {
      level: 'warning',
      code: 'epoch_keys_old',
      detail: `${days.length} daily keys of the keystore exist: the daily rotation does not destroy them. Check that the scheduled rotation runs.`,
    }
}

async function* checkJournals(deps: DoctorDeps): AsyncGenerator<DoctorFinding> {
  const { journals, renditions } = deps.stale()
  if (renditions.length === 0) return
  const detail = `The journal of an earlier run (${journals.length} files) holds audio of ${renditions.length} recordings not yet recovered. They are recovered at start; if this stays, see the log for their errors.`
  yield { level: 'warning', code: 'journal_stale', detail }
}

async function* checkBuckets(deps: DoctorDeps): AsyncGenerator<DoctorFinding> {
  const rows = await deps.db.selectFrom('bucket').select(['id', 'next_leaf']).where('state', '=', 'open').execute()
  for (const { id, next_leaf } of rows) {
    if (next_leaf === 0 || deps.keystore.hasBucket(id)) continue
    yield {
      level: 'error',
      code: 'key_tree_missing',
      detail: `The keystore has no key tree ${id}, which ${next_leaf} keys need. Restore the newest copy of the keystore.`,
    }
  }
}

async function* checkRendition(deps: DoctorDeps, row: Row): AsyncGenerator<DoctorFinding> {
  const finding = (level: DoctorFinding['level'], code: string, detail: string): DoctorFinding => ({
    level,
    code,
    detail,
    renditionId: row.id,
  })
  const files = await deps.objects.list(row.id)
  if (row.state === 'erased' || row.state === 'erasing') {
    if (files.length > 0)
      yield finding(
        'error',
        'erased_files_remain',
        `Rendition ${row.id} is ${row.state}, yet ${files.length} of its files exist. Restart: the erasure is carried out again.`,
      )
    return
  }
  // A card is a key without streams: nothing of it is ever sealed.
  if (row.state === 'recording' && row.format !== 'card') {
    if (!deps.live().has(row.id))
      yield finding(
        'warning',
        'rendition_unfinished',
        `Rendition ${row.id} is neither sealed nor being written. It is recovered at start; if this stays, see the log.`,
      )
    return
  }
  yield* checkWraps(deps, row, finding)
  yield* checkFiles(deps, row, files, finding)
}

type Make = (level: DoctorFinding['level'], code: string, detail: string) => DoctorFinding

async function* checkWraps(deps: DoctorDeps, row: Row, finding: Make): AsyncGenerator<DoctorFinding> {
  const wraps = await wrapsOf(deps, row.id)
  if (wraps.length === 0)
    yield finding('error', 'wraps_missing', `Rendition ${row.id} has no key left: nobody can open it. Erase it.`)
  for (const wrap of wraps) {
    const key = unwrapKey(deps.keystore, { ...wrap, renditionId: row.id }, wrap.wrapped)
    if (key === 'gone')
      yield finding(
        'error',
        'key_destroyed',
        `The key of rendition ${row.id} for ${wrap.purpose} was destroyed, yet the database still lists it (a restored backup?). Erase the rendition again.`,
      )
    else if (key === 'damaged')
      yield finding(
        'error',
        'key_wrap_damaged',
        `The key of rendition ${row.id} for ${wrap.purpose} does not open. Restore the row from a backup of the database.`,
      )
    else key.fill(0)
  }
}

const wrapsOf = (deps: DoctorDeps, renditionId: string): Promise<Wrap[]> =>
  deps.db
    .selectFrom('key_wrap')
    .select(['rendition_id', 'purpose', 'bucket', 'leaf', 'wrapped'])
    .where('rendition_id', '=', renditionId)
    .execute()

async function* checkFiles(deps: DoctorDeps, row: Row, files: string[], finding: Make): AsyncGenerator<DoctorFinding> {
  const listed = new Set<string>()
  for (const stream of row.manifest) {
    let base = 0
    for (const segment of stream.segments) {
      const path = segmentPath(row.id, stream.streamId, segment.n, base)
      listed.add(path)
      base += segment.bytes
      if (!files.includes(path.slice(row.id.length + 1)))
        yield finding('error', 'file_missing', `${path} is missing. Restore it from the backup of the objects folder.`)
    }
  }
  for (const file of files) {
    if (readEntry(file).kind === 'name' || listed.has(joinPath(row.id, file))) continue
    yield finding('warning', 'file_unlisted', `${row.id}/${file} is in no manifest: a leftover that can be deleted.`)
  }
  yield* checkStreams(deps, row, finding)
}

/** Opens each stream's header, its length and its last bytes. */
async function* checkStreams(deps: DoctorDeps, row: Row, finding: Make): AsyncGenerator<DoctorFinding> {
  for (const wrap of await wrapsOf(deps, row.id)) {
    const secret = unwrapKey(deps.keystore, { ...wrap, renditionId: row.id }, wrap.wrapped)
    if (typeof secret === 'string') continue
    const key = holdKey(row.id, secret)
    for (const stream of row.manifest) {
      const reader = openReader(deps.objects, key, stream)
      try {
        for (const at of segmentStarts(stream)) await reader.read(at, at + 1)
        await reader.read(Math.max(0, stream.bytes - 1), stream.bytes)
      } catch (e) {
        if (!isProblem(e))
          yield finding('error', 'stream_unreadable', `Stream ${stream.streamId} cannot be read: ${messageOf(e)}.`)
        else if (e.code !== 'stream_missing') yield finding('error', e.code, e.message)
      }
    }
    key.dispose()
    return
  }
}

function segmentStarts(stream: SealedStream): number[] {
  let base = 0
  return stream.segments.map((segment) => (base += segment.bytes) - segment.bytes)
}
