import type { Clock } from '../../../platform/clock.ts'
import type { Logger } from '../../../platform/log.ts'
import type { Desk } from '../../source.ts'
import type { AddressFinder } from './local-address.ts'
import type { Networks } from './networks.ts'
import type { PortPool } from './rtp/ports.ts'
import type { SiprecSettings } from './settings.ts'
import type { HeaderLines } from './sip/build.ts'
import type { Dialog } from './sip/dialog.ts'
import type { Flow } from './sip/flow.ts'
import type { Timers } from './sip/timers.ts'
import type { Unconfirmed } from './unconfirmed.ts'

/** What every part of the recording server shares. */
export type Context = {
  settings: SiprecSettings
  desk: Desk
  clock: Clock
  log: Logger
  timers: Timers
  networks: Networks
  pool: PortPool
  unconfirmed: Unconfirmed
  addressOf: AddressFinder
  /** Our Contact value as the peer on `flow` reaches us. */
  contact(address: string, flow: Flow): string
  /** Sends a request of ours inside a dialog; `done` gets its final status, 408 when nothing came, 503 when it could not be sent. */
  request(
    dialog: Dialog,
    method: 'BYE' | 'UPDATE' | 'OPTIONS',
    extra: HeaderLines,
    done: (status: number) => void,
  ): void
}

export const ALLOW = 'INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO'
export const SUPPORTED = 'siprec, timer'

/** Option tags a request may require. 100rel is safe: we send no provisional answer but 100. */
export const UNDERSTOOD = new Set(['siprec', 'timer', '100rel', 'replaces'])
