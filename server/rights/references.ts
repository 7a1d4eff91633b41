import { randomInt } from 'node:crypto'
import type { Box } from '../vault/index.ts'
import type { RightsDb, RightsTx } from './store.ts'

/** Crockford's base 32: nothing that sounds or looks like something else. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const length = 8

/** A reference as it is stored: what people mix up or add when they write one down makes no difference. */
export const normalised = (reference: string): string =>
  reference
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')

/** As it is shown: in two halves. */
const spaced = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`

const newReference = (): string => Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')

/** Reference codes of calls: 40 random bits each, found by a blind index. They open nothing alone. */
export function createReferences({ db, box }: { db: RightsDb; box: Box }) {
  const indexOf = (reference: string): Buffer => box.blindIndex('rights/reference', normalised(reference))
  const label = (callId: string): string => `rights/reference/${callId}`

  /** Gives a call its code, once. */
  async function open(tx: RightsDb, callId: string): Promise<void> {
    for (;;) {
      const code = newReference()
      const row = { call_id: callId, code_index: indexOf(code), sealed: box.seal(label(callId), code) }
      const added = await tx
        .insertInto('call_reference')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      if (added.numInsertedOrUpdatedRows === 1n || (await read(tx, callId))) return
    }
  }

  async function read(from: RightsDb, callId: string): Promise<string | null> {
    const row = await from.selectFrom('call_reference').selectAll().where('call_id', '=', callId).executeTakeFirst()
    return row ? spaced(box.open(label(callId), row.sealed).toString('utf8')) : null
  }

  return {
    open: (tx: RightsTx, callId: string): Promise<void> => open(tx, callId),
    /** The code of a call; calls older than codes get theirs now. */
    async of(callId: string): Promise<string> {
      await open(db, callId)
      return (await read(db, callId)) ?? ''
    },
    /** The code of a call; null when it has none, or no longer. */
    known: (callId: string): Promise<string | null> => read(db, callId),
    /** The call of a code; null when there is none. */
    async find(reference: string): Promise<string | null> {
      const row = await db
        .selectFrom('call_reference')
        .select('call_id')
        .where('code_index', '=', indexOf(reference))
        .executeTakeFirst()
      return row?.call_id ?? null
    },
  }
}

export type References = ReturnType<typeof createReferences>
