import { openHeader } from '../../proof/container.ts'
import { forget, type MessageKey } from '../../proof/container.ts'
import { Problem } from '../platform/problem.ts'
import { seal, subkey, unseal } from './seal.ts'
import type { RenditionKey } from './types.ts'

type Held = { secret: Buffer; derived: Set<MessageKey> }

const held = new WeakMap<RenditionKey, Held>()

/** Takes the data key over: `dispose` zeroes it and everything derived from it. */
export function holdKey(renditionId: string, secret: Buffer): RenditionKey {
  let disposed = false
  const key: RenditionKey = {
    renditionId,
    get disposed() {
      return disposed
    },
    dispose() {
      disposed = true
      const of = held.get(key)
      of?.secret.fill(0)
      for (const derived of of?.derived ?? []) forget(derived)
      held.delete(key)
    },
  }
  held.set(key, { secret, derived: new Set() })
  return key
}

/** The data key itself: never leaves the room. Throws Problem `key_disposed`. */
export function secretOf(key: RenditionKey): Buffer {
  const of = held.get(key)
  if (!of) throw new Problem('key_disposed', 409, 'The key of this rendition was put away; unlock the rendition again.')
  return of.secret
}

/** A message's key from its header, zeroed with the rendition's. */
export function openKept(key: RenditionKey, context: Buffer, header: Buffer): MessageKey {
  const keys = openHeader(secretOf(key), context, header)
  held.get(key)?.derived.add(keys)
  return keys
}

export function forgetKept(key: RenditionKey, keys: MessageKey): void {
  forget(keys)
  held.get(key)?.derived.delete(keys)
}

const VALUE = 'verbale/value/v1'

/** Seals a small value under the rendition's key, bound to its label. */
export function sealValue(key: RenditionKey, label: string, plain: Buffer): Buffer {
  const sub = subkey(secretOf(key), VALUE)
  const sealed = seal(sub, plain, Buffer.from(label, 'utf8'))
  sub.fill(0)
  return sealed
}

/** Throws Problem `sealed_value_unreadable`. */
export function openValue(key: RenditionKey, label: string, sealed: Buffer): Buffer {
  const sub = subkey(secretOf(key), VALUE)
  const plain = unseal(sub, sealed, Buffer.from(label, 'utf8'))
  sub.fill(0)
  if (!plain) throw unreadableValue(label)
  return plain
}

export const unreadableValue = (label: string): Problem =>
  new Problem(
    'sealed_value_unreadable',
    500,
    `The sealed value "${label}" cannot be opened: it was damaged, or sealed under another key or label.`,
    { label },
  )
