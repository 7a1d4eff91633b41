/** What a hold was placed on. The caller's address is not here: the row keeps its blind index. */
export type HoldSelection =
  | { kind: 'calls' }
  | { kind: 'segment'; callId: string; purpose: string; segment: number }
  | { kind: 'caller' }
  /** Calls found by the list's filters when the hold was placed; `query` as asked, without personal data. */
  | { kind: 'query'; query: Record<string, string> }

/** What a hold is to cover. `pages`: ids of the calls found, however many. */
export type HoldTarget =
  | { kind: 'calls'; callIds: string[] }
  | { kind: 'segment'; callId: string; purpose: string; segment: number }
  | { kind: 'caller'; customerIndex: Buffer }
  | { kind: 'query'; query: Record<string, string>; pages: AsyncIterable<string[]> | Iterable<string[]> }

export function selectionOf(target: HoldTarget): HoldSelection {
  if (target.kind === 'query') return { kind: 'query', query: target.query }
  return target.kind === 'segment' ? target : { kind: target.kind }
}
