import { randomBytes } from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'
import { type Objects, readWhole, replaceFile } from '../../platform/objects/index.ts'
import { Problem } from '../../platform/problem.ts'
import { seal, unseal } from '../seal.ts'
import type { EpochKeys } from './epoch.ts'
import { decodeSecrets, encodeSecrets, type Secrets } from './keystore-format.ts'
import { forgetTree, hasLeaf, leafSecret, newTree, puncture, TREE_LEAVES } from './keytree.ts'

/*
 * The keystore: one small sealed file, outside the database and outside every backup job, replaced atomically.
 *
 *   "VKS1" ‖ u32be day ‖ nonce 12 ‖ AES-256-GCM(epoch key of the day, secrets, aad = first 8 bytes) ‖ tag 16
 */

const FILE = 'keystore'
const MAGIC = Buffer.from('VKS1', 'latin1')
const HEADER_BYTES = 8
const DAY_MS = 86_400_000
/** Days after which a copied keystore can no longer be opened. */
export const KEYSTORE_HORIZON_DAYS = 7

export type Leaf = { bucket: string; leaf: number }

/** Deployment keys and purpose trees. Every change is durable when its promise resolves; concurrent changes share one write. */
export type Keystore = {
  readonly boxKey: Buffer
  readonly selectionKey: Buffer
  /** Number of the last destruction this keystore has carried out. */
  readonly applied: number
  /** The UTC day (days since 1970) under whose key it is sealed. */
  readonly epochDay: number
  hasBucket(bucket: string): boolean
  /** Creates the bucket's tree unless it exists. */
  ensureBucket(bucket: string): Promise<void>
  /** The leaf's secret for the caller to zero; null when the tree is missing or the leaf punctured. */
  secret(leaf: Leaf): Buffer | null
  hasLeaf(leaf: Leaf): boolean
  /** Destroys leaves and remembers `applied`. */
  puncture(leaves: Leaf[], applied: number): Promise<void>
  /** Forgets whole trees. */
  forget(buckets: string[]): Promise<void>
  /** Seals under today's key and destroys the keys older than the horizon. */
  rotateEpoch(): Promise<void>
  /** Zeroes everything. */
  dispose(): void
}

type State = {
  folder: Objects
  epochKeys: EpochKeys
  clock: Clock
  secrets: Secrets
  day: number
  /** The day under whose key the file is sealed; -1 before the first write. */
  savedDay: number
  epochKey: Buffer
  /** Buckets whose tree is in the file. */
  durable: Set<string>
}

export type KeystoreDeps = { folder: Objects; epochKeys: EpochKeys; clock: Clock }

/**
 * Opens the keystore, or makes a new one when there is none and `mayCreate`.
 * Throws Problem `keystore_missing`, `epoch_key_missing`, `keystore_unreadable`.
 */
export async function openKeystore(deps: KeystoreDeps, mayCreate: boolean): Promise<Keystore> {
  const file = await readWhole(deps.folder, FILE)
  if (!file && !mayCreate)
    throw new Problem(
      'keystore_missing',
      500,
      'The keystore is missing while the database holds recordings: they cannot be opened without it. Restore the keystore file, or point the configuration to its folder.',
    )
  const state = file ? await readState(deps, file) : await newState(deps)
  const keystore = keystoreOf(state)
  if (!file) await keystore.rotateEpoch()
  return keystore
}

async function newState(deps: KeystoreDeps): Promise<State> {
  const secrets: Secrets = { boxKey: randomBytes(32), selectionKey: randomBytes(32), applied: 0, trees: new Map() }
  return { ...deps, secrets, day: 0, savedDay: -1, epochKey: Buffer.alloc(32), durable: new Set() }
}

async function readState(deps: KeystoreDeps, file: Buffer): Promise<State> {
  if (file.length < HEADER_BYTES || !file.subarray(0, 4).equals(MAGIC)) throw unreadable('it is not a keystore file')
  const day = file.readUInt32BE(4)
  const epochKey = await deps.epochKeys.read(day)
  if (!epochKey)
    throw new Problem(
      'epoch_key_missing',
      500,
      `The key that opens the keystore (day ${day}) is in none of its folders. Restore ${day}.key from the replica.`,
      { day },
    )
  const plain = unseal(epochKey, file.subarray(HEADER_BYTES), file.subarray(0, HEADER_BYTES))
  if (!plain) throw unreadable(`the key of day ${day} does not open it`)
  const secrets = decodeSecrets(plain)
  plain.fill(0)
  if (!secrets) throw unreadable('its content has another form')
  return { ...deps, secrets, day, savedDay: day, epochKey, durable: new Set(secrets.trees.keys()) }
}

const unreadable = (why: string): Problem =>
  new Problem(
    'keystore_unreadable',
    500,
    `The keystore cannot be read: ${why}. Restore the keystore file and its keys together.`,
  )

function keystoreOf(state: State): Keystore {
  const { secrets } = state
  const save = groupCommit(() => write(state))
  return {
    boxKey: secrets.boxKey,
    selectionKey: secrets.selectionKey,
    get applied() {
      return secrets.applied
    },
    get epochDay() {
      return state.day
    },
    hasBucket: (bucket) => secrets.trees.has(bucket),
    ensureBucket: async (bucket) => {
      if (state.durable.has(bucket)) return
      if (!secrets.trees.has(bucket)) secrets.trees.set(bucket, newTree())
      await save()
    },
    secret: ({ bucket, leaf }) => {
      const tree = secrets.trees.get(bucket)
      return tree ? leafSecret(tree, leaf) : null
    },
    hasLeaf: ({ bucket, leaf }) => {
      const tree = secrets.trees.get(bucket)
      return tree !== undefined && leaf < TREE_LEAVES && hasLeaf(tree, leaf)
    },
    puncture: async (leaves, applied) => {
      for (const { bucket, leaf } of leaves) {
        const tree = secrets.trees.get(bucket)
        if (tree) puncture(tree, leaf)
      }
      secrets.applied = Math.max(secrets.applied, applied)
      await save()
    },
    forget: async (buckets) => {
      for (const bucket of buckets) {
        const tree = secrets.trees.get(bucket)
        if (tree) forgetTree(tree)
        secrets.trees.delete(bucket)
        state.durable.delete(bucket)
      }
      await save()
    },
    rotateEpoch: () => rotate(state, save),
    dispose: () => {
      for (const tree of secrets.trees.values()) forgetTree(tree)
      for (const key of [secrets.boxKey, secrets.selectionKey, state.epochKey]) key.fill(0)
    },
  }
}

async function rotate(state: State, save: () => Promise<void>): Promise<void> {
  // Never back in time: a wall clock set back must not seal under a key about to be destroyed.
  const today = Math.max(Math.floor(state.clock.now() / DAY_MS), state.day)
  if (today > state.day) {
    const key = await state.epochKeys.create(today)
    const old = state.epochKey
    state.epochKey = key
    state.day = today
    old.fill(0)
  }
  if (state.savedDay !== today) await save()
  for (const day of await state.epochKeys.list()) {
    if (day < today - KEYSTORE_HORIZON_DAYS) await state.epochKeys.destroy(day)
  }
}

async function write(state: State): Promise<void> {
  const buckets = [...state.secrets.trees.keys()]
  const plain = encodeSecrets(state.secrets)
  const header = Buffer.alloc(HEADER_BYTES)
  MAGIC.copy(header)
  header.writeUInt32BE(state.day, 4)
  const day = state.day
  const file = Buffer.concat([header, seal(state.epochKey, plain, header)])
  plain.fill(0)
  await replaceFile(state.folder, '', FILE, file)
  state.savedDay = day
  for (const bucket of buckets) state.durable.add(bucket)
}

/** One write at a time; callers that come while one runs share the next one. */
function groupCommit(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  return () => {
    next ??= running
      .catch(() => undefined)
      .then(() => {
        running = next!
        next = undefined
        return work()
      })
    return next
  }
}
