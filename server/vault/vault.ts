import type { Kysely } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import { newId } from '../platform/ids.ts'
import type { Logger } from '../platform/log.ts'
import type { Objects } from '../platform/objects/index.ts'
import { messageOf, Problem } from '../platform/problem.ts'
import { createBox, selectionHash } from './box.ts'
import { doctor } from './doctor.ts'
import { type Alongside, carryOutOpen, endPurposes, findDead, replayIntents } from './end.ts'
import { dropTrees } from './trees.ts'
import type { EpochKeys } from './keys/epoch.ts'
import { placeHold, releaseHold } from './hold.ts'
import { type Keystore, openKeystore } from './keys/keystore.ts'
import { type Engine, startEngine } from './live/engine.ts'
import { openLeftovers, type Leftovers } from './leftovers.ts'
import type { LiveStream } from './live/stream.ts'
import { openLiveReader, openReader } from './reader.ts'
import { recoverStreams } from './recover.ts'
import { holdKey, openValue, sealValue, secretOf } from './rendition-key.ts'
import {
  createRendition,
  manifest,
  sealRendition,
  renditionsOf,
  setLastDays,
  unknownRendition,
  unlock,
  unlockHeld,
} from './renditions.ts'
import { decideReplacement, openReplacement } from './replace.ts'
import { securityFacts } from './security.ts'
import { defaultSettings, type VaultSettings } from './settings.ts'
import type { VaultTables } from './store.ts'
import type { Ended, Ending, RenditionKey, SealedStream, StreamWriter, Vault } from './types.ts'
import { removeStream, writeStream } from './write.ts'

export type VaultDeps = {
  db: Kysely<VaultTables>
  /** Ciphertext and journal. May be backed up. */
  objects: Objects
  /** The keystore's folder. Outside the database and every backup job. */
  keys: Objects
  epochKeys: EpochKeys
  clock: Clock
  log: Logger
  settings?: Partial<VaultSettings>
}

type Parts = VaultDeps & {
  keystore: Keystore
  engine: Engine
  leftovers: Leftovers
  restored: boolean
  writers: WeakMap<StreamWriter, LiveStream>
}

/**
 * Opens the vault: keystore, then erasures decided but not finished, then live writing.
 * Throws Problem `keystore_missing`, `epoch_key_missing`, `keystore_unreadable`, `erasure_failed`.
 */
export async function createVault(deps: VaultDeps): Promise<Vault> {
  const used = await deps.db.selectFrom('bucket').select('id').limit(1).executeTakeFirst()
  const keystore = await openKeystore({ folder: deps.keys, epochKeys: deps.epochKeys, clock: deps.clock }, !used)
  const { restored } = await replayIntents({ ...deps, keystore, abort: async () => {} })
  const leftovers = await openLeftovers(deps)
  const settings = { ...defaultSettings, ...deps.settings }
  const engine = startEngine({
    objects: deps.objects,
    log: deps.log,
    settings,
    firstGeneration: leftovers.nextGeneration,
  })
  return vaultOf({ ...deps, keystore, engine, leftovers, restored, writers: new WeakMap() })
}

function vaultOf(parts: Parts): Vault {
  const { objects, keystore, engine, leftovers } = parts
  const { box, dispose: disposeBox } = createBox(keystore.boxKey)
  const inTurn = oneAtATime()
  const endDeps = { ...parts, abort: (id: string) => engine.abort(id) }
  const end = (endings: Ending[], alongside: Alongside): Promise<Ended> =>
    inTurn(async () => {
      const ended = await endPurposes(endDeps, endings, alongside)
      for (const id of ended.erased) await leftovers.recovered(id)
      return ended
    })
  /** Renditions that are being written again. */
  const replaced = new Set<string>()
  return {
    createRendition: (tx, spec) => createRendition(parts, tx, spec),
    unlock: (renditionId, purpose) => unlock(parts, renditionId, purpose),
    openWriter: (key, name, onFault) => openWriter(parts, { key, name, onFault }),
    writeStream: (key, name, source) => writeStream({ objects, key, streamId: newId(), name }, source),
    removeStream: (key, streamId) => removeStream(objects, key.renditionId, streamId),
    openReader: (key, stream) => openReader(objects, key, stream),
    openLiveReader: (key, writer) => openLiveReader(objects, key, streamOf(parts, writer)),
    recover: (key) => recover(parts, key),
    sealRendition: (tx, renditionId, streams) => sealRendition(parts, tx, renditionId, streams),
    manifest: (renditionId) => manifest(parts, renditionId),
    end: (endings, alongside = async () => {}) => end(endings, alongside),
    erase: async (renditionId) => {
      const { held, unknown } = await end([{ renditionId, purpose: 'all' }], async () => {})
      if (unknown.length > 0) throw unknownRendition(renditionId)
      if (held.length > 0) throw heldRendition(renditionId)
    },
    openReplacement: (renditionId) => openReplacement(parts, renditionId, replaced),
    replaceRendition: (of, streams, alongside = async () => {}) =>
      inTurn(async () => {
        const done = await parts.db.transaction().execute(async (tx) => {
          const decided = await decideReplacement(parts, tx, { of, streams })
          if (decided) await alongside(tx)
          return decided
        })
        await carryOutOpen(endDeps)
        return done
      }),
    hold: (tx, ask) => placeHold(parts.clock, tx, ask),
    releaseHold: (tx, holdId) => releaseHold(tx, holdId),
    unlockHeld: (renditionId) => unlockHeld(parts, renditionId),
    setLastDays: (tx, days) => setLastDays(tx, days),
    renditionsOf: (callIds) => renditionsOf(parts, callIds),
    restored: parts.restored,
    findDead: () => findDead(endDeps),
    dropTrees: () => dropTrees(parts),
    sealValue,
    openValue,
    box,
    selectionHash: (input) => selectionHash(keystore.selectionKey, input),
    rotateEpoch: () => keystore.rotateEpoch(),
    doctor: () => {
      const live = (): Set<string> => new Set([...engine.streams].map((s) => s.renditionId))
      return doctor({ ...parts, live, stale: () => leftovers.stale(), epochDays: () => parts.epochKeys.list() })
    },
    securityFacts: () => securityFacts(parts),
    windDown: () => engine.windDown(),
    stop: async () => {
      await engine.stop()
      disposeBox()
      keystore.dispose()
    },
  }
}

/** Work is done one after the other, in the order it came. */
function oneAtATime(): <R>(work: () => Promise<R>) => Promise<R> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }
}

const heldRendition = (renditionId: string): Problem =>
  new Problem('rendition_held', 409, `Rendition ${renditionId} is under a legal hold: release the hold first.`, {
    renditionId,
  })

function openWriter(
  parts: Parts,
  spec: { key: RenditionKey; name: string; onFault: LiveStream['onFault'] },
): StreamWriter {
  const { key, name, onFault } = spec
  const { engine, writers } = parts
  const stream = engine.open({ id: newId(), name, renditionId: key.renditionId, dataKey: secretOf(key), onFault })
  const writer: StreamWriter = {
    streamId: stream.id,
    name,
    get appended() {
      return stream.appended
    },
    get durable() {
      return stream.durable
    },
    get dropped() {
      return stream.dropped
    },
    get crowded() {
      return engine.crowded(stream)
    },
    get givenUp() {
      return stream.givenUp
    },
    append: (bytes) => engine.append(stream, bytes),
    finish: () => engine.finish(stream),
  }
  writers.set(writer, stream)
  return writer
}

function streamOf(parts: Parts, writer: StreamWriter): LiveStream {
  const stream = parts.writers.get(writer)
  if (!stream) throw new Problem('writer_unknown', 500, 'The writer is not one of this vault.')
  return stream
}

async function recover(parts: Parts, key: RenditionKey): Promise<SealedStream[]> {
  const { renditionId } = key
  for (const s of parts.engine.streams) {
    if (s.renditionId !== renditionId) continue
    throw new Problem('rendition_live', 409, `Rendition ${renditionId} is being written; it cannot be recovered.`, {
      renditionId,
    })
  }
  const journals = await parts.leftovers.journals()
  // A copy: the caller may dispose of the key while we work.
  const own = holdKey(renditionId, Buffer.from(secretOf(key)))
  try {
    const streams = await recoverStreams({ objects: parts.objects, renditionId, dataKey: secretOf(own), journals })
    await parts.leftovers.recovered(renditionId).catch((e: unknown) => {
      parts.log.warn({ error: messageOf(e) }, 'vault: an old journal stays')
    })
    return streams
  } finally {
    own.dispose()
  }
}
