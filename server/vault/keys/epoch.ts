import { randomBytes } from 'node:crypto'
import { errorCode, joinPath, type Objects, readWhole, replaceFile, writeAll } from '../../platform/objects/index.ts'
import { Problem } from '../../platform/problem.ts'

/**
 * Keys that seal the keystore file, one a day, numbered by the UTC day (days since 1970). A copied keystore is unreadable once
 * the key of its day is destroyed. Other providers (KMS, TPM, a vault product) implement the same four calls.
 */
export type EpochKeys = {
  /** Days that have a key, ascending. */
  list(): Promise<number[]>
  /** The 32 bytes of a day's key, for the caller to zero; null when there is none. */
  read(day: number): Promise<Buffer | null>
  /** Makes a day's key, durable in every replica when this resolves. Returns the existing one when there is one. */
  create(day: number): Promise<Buffer>
  /** Destroys a day's key in every replica. */
  destroy(day: number): Promise<void>
}

const KEY_BYTES = 32
const fileName = (day: number): string => `${day}.key`

/** Epoch keys as files `<day>.key` (mode 0600), the same in every replica. Keep the replicas on different disks. */
export function fileEpochKeys(replicas: Objects[]): EpochKeys {
  const read = async (day: number): Promise<Buffer | null> => {
    for (const replica of replicas) {
      const key = await readKey(replica, day)
      if (key) return key
    }
    return null
  }
  return {
    read,
    list: async () => {
      const names = (await Promise.all(replicas.map((r) => r.list('')))).flat()
      const days = names.flatMap((name) => /^(\d+)\.key$/.exec(name)?.[1] ?? []).map(Number)
      return [...new Set(days)].toSorted((a, b) => a - b)
    },
    create: async (day) => {
      const key = (await read(day)) ?? randomBytes(KEY_BYTES)
      for (const replica of replicas) await restore(replica, day, key)
      return key
    },
    destroy: async (day) => {
      for (const replica of replicas) await shred(replica, fileName(day))
    },
  }
}

/** A replica's key; null when it is missing or has not 32 bytes. */
async function readKey(replica: Objects, day: number): Promise<Buffer | null> {
  const key = await readWhole(replica, fileName(day)).catch((e: unknown) => {
    if (errorCode(e) === 'EIO') return null
    throw e
  })
  return key?.length === KEY_BYTES ? key : null
}

/** Gives a replica the key unless it has it. Throws Problem `epoch_key_conflict` when it has another one. */
async function restore(replica: Objects, day: number, key: Buffer): Promise<void> {
  const existing = await readKey(replica, day)
  if (existing?.equals(key)) return void existing.fill(0)
  if (existing)
    throw new Problem(
      'epoch_key_conflict',
      500,
      `The replicas of the keystore's key of day ${day} differ. Keep the folder whose key opens the keystore and empty the other one.`,
      { day },
    )
  await replaceFile(replica, '', fileName(day), key)
}

/** Overwrites, then removes. Overwriting alone proves nothing on flash; removal is what we promise. */
async function shred(replica: Objects, name: string): Promise<void> {
  const path = joinPath('', name)
  try {
    const file = await replica.open(path)
    await writeAll(file, randomBytes(KEY_BYTES), 0)
    await file.sync()
    await file.close()
  } catch (e) {
    if (errorCode(e) !== 'ENOENT') throw e
  }
  await replica.remove(path)
  await replica.syncFolder('')
}
