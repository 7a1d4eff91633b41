import { first, lists, type SipRequest } from './message.ts'
import { parseParams } from './values.ts'
import type { HeaderLines } from './build.ts'

/** The least session interval we agree to, s (RFC 4028 §5 forbids less than 90). */
const MIN_SESSION_S = 90

export type SessionTimer = {
  /** Session interval, s. */
  interval: number
  refresher: 'uac' | 'uas'
}

export type TimerVerdict =
  | { kind: 'none' }
  | { kind: 'agreed'; timer: SessionTimer; headers: HeaderLines }
  /** 422 with our Min-SE. */
  | { kind: 'tooShort'; headers: HeaderLines }

/**
 * What we answer to the session timer of an INVITE or UPDATE (RFC 4028 §9). The refresher is the peer, unless it asks us and
 * takes UPDATE; when it asks us and does not, the session has no timer. A refresh without a timer from a peer that speaks it
 * keeps `current`.
 */
export function negotiateTimer(request: SipRequest, current: SessionTimer | null): TimerVerdict {
  const speaks = lists(request.headers, 'supported', 'timer') || lists(request.headers, 'require', 'timer')
  const value = first(request.headers, 'session-expires')
  if (value === undefined) return current && speaks ? agreed(current) : { kind: 'none' }
  const seconds = /^\s*(\d{1,9})/.exec(value)?.[1]
  if (seconds === undefined) return { kind: 'none' }
  const interval = Number(seconds)
  if (interval < MIN_SESSION_S) {
    // A peer that does not speak timers put the header there for someone else (a proxy) and could not obey a 422.
    return speaks ? { kind: 'tooShort', headers: [['Min-SE', String(MIN_SESSION_S)]] } : { kind: 'none' }
  }
  const semicolon = value.indexOf(';')
  const asked = semicolon < 0 ? undefined : parseParams(value.slice(semicolon))?.get('refresher')?.toLowerCase()
  if (!speaks) return { kind: 'none' }
  if (asked !== 'uas') return agreed({ interval, refresher: 'uac' })
  return lists(request.headers, 'allow', 'update') ? agreed({ interval, refresher: 'uas' }) : { kind: 'none' }
}

function agreed(timer: SessionTimer): TimerVerdict {
  const headers: [string, string][] = [['Session-Expires', `${timer.interval};refresher=${timer.refresher}`]]
  if (timer.refresher === 'uac') headers.push(['Require', 'timer'])
  return { kind: 'agreed', timer, headers }
}

/** When an unrefreshed session is over, ms after the last refresh: early enough that our BYE arrives in time (§10). */
export const expiryMs = ({ interval }: SessionTimer): number => (interval - Math.min(32, interval / 3)) * 1000

/** When we refresh, ms (§7.4: half the interval). */
export const refreshMs = ({ interval }: SessionTimer): number => (interval / 2) * 1000
