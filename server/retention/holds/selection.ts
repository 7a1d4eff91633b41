/** What a hold was placed on. The caller's address is not here: the row keeps its blind index. */
export type HoldSelection =
  | { kind: 'calls'; calls: number }
  | { kind: 'segment'; callId: string; purpose: string; segment: number }
  | { kind: 'caller' }
  /** Calls found by the list's filters when the hold was placed; `query` as asked, without personal data. */
  | { kind: 'query'; query: Record<string, string>; calls: number }

/** What a hold is to cover. */
export type HoldTarget =
  | { kind: 'calls'; callIds: string[] }
  | { kind: 'segment'; callId: string; purpose: string; segment: number }
  | { kind: 'caller'; customerIndex: Buffer }
  | { kind: 'query'; query: Record<string, string>; callIds: string[] }

export function selectionOf(target: HoldTarget): HoldSelection {
  if (target.kind === 'calls') return { kind: 'calls', calls: target.callIds.length }
  if (target.kind === 'query') return { kind: 'query', query: target.query, calls: target.callIds.length }
  return target.kind === 'caller' ? { kind: 'caller' } : target
}
