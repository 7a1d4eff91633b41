import type { GapKind } from '../../../../contract/models/calls.ts'
import type { Level } from '../../../../proof/package/format.ts'
import type { Copy } from '../../../../proof/verify.ts'

/** What a report says in one language. Sentences may hold `{name}`. */
export type ReportWords = {
  title: string
  intro: string
  call: string
  callId: string
  began: string
  ended: string
  protocol: string
  purposes: string
  policy: string
  copy: string
  lanes: string
  lane: string
  role: string
  rate: string
  seconds: string
  gaps: string
  gapsNone: string
  gapsHelp: string
  from: string
  to: string
  reason: string
  history: string
  when: string
  what: string
  place: string
  time: string
  log: string
  logKey: string
  stamp: string
  files: string
  filesHelp: string
  check: string
  checkSteps: string[]
  page: string
  copies: Record<Copy, string>
  levels: Record<Level, string>
  roles: Record<'agent' | 'customer' | 'unknown', string>
  gapKinds: Record<GapKind, string>
  /** By type; those that never concern one call are left out. */
  events: Record<string, string>
}
