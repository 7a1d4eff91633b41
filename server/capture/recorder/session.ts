import type { ControlAction, LiveCall, MarkKind } from '../../../contract/models/calls.ts'
import type { CallCircumstances, Decision } from '../../../contract/models/policy.ts'
import type { StreamWriter } from '../../vault/index.ts'
import type { Announcement, CallFacts, CallIntake, EndReason, LegFacts, LegIntake, PartyRole } from '../source.ts'
import type { Card } from '../store.ts'
import type { CallListener } from '../live/listening.ts'
import { answerOf, LoneKeys, type Pressed } from './keys.ts'
import type { By, SessionOptions, Told } from './session-ports.ts'
import { asHeard, Hearing } from './hearing.ts'
import { LegRecorder } from './leg.ts'
import { Masks } from './masks.ts'
import {
  applyControl,
  controlsBehind,
  controlsOf,
  initialSwitches,
  leftOutBecause,
  statusOf,
  stores,
  type Switches,
  unheardBecause,
} from './switches.ts'

type Alert = LiveCall['alerts'][number]
const marksOf: Record<ControlAction, MarkKind> = {
  recording_on: 'recording_on',
  recording_off: 'recording_off',
  pause: 'pause',
  resume: 'resume',
  contract_start: 'contract_start',
  contract_end: 'contract_end',
  difficult: 'difficult',
  not_difficult: 'difficult',
  consent_yes: 'consent_yes',
  consent_no: 'consent_no',
}

/** One call in progress: its legs, its switches and what has been decided. Owns no database and no disk. */
export class Session {
  readonly callId: string
  readonly announcement: Announcement
  readonly decision: Decision
  readonly circumstances: CallCircumstances
  readonly startedAt: number
  readonly anchorNs: bigint
  readonly legs: LegRecorder[] = []
  readonly card: Card
  agent: SessionOptions['agent']
  switches: Switches
  difficult = false
  endReason: EndReason | null = null
  endedNs = 0n
  /** What is wrong now, and all that ever was: the call's row keeps the latter. */
  readonly alerts = new Set<Alert>()
  readonly raised = new Set<Alert>()
  #options: SessionOptions
  #masks = new Masks()
  #keys = new LoneKeys()
  #pausedAt: number | null = null
  #resumesAt: number | null = null
  /** The same instant on the monotonic clock, which a jump of the wall clock cannot move. */
  #resumesNs: bigint | null = null
  #drainedNs: bigint
  /** Since when nothing is left out. */
  #keptSinceNs = 0n
  #open: ((leg: LegRecorder) => StreamWriter) | null = null
  readonly #hearing: Hearing
  /** Legs whose media the disk refuses. */
  #refused = new Set<LegRecorder>()

  constructor(options: SessionOptions) {
    const { announcement, clock } = options
    this.#options = options
    this.callId = options.callId
    this.announcement = announcement
    this.decision = options.decision
    this.circumstances = options.circumstances
    this.agent = options.agent
    this.startedAt = clock.now()
    this.anchorNs = clock.monotonic()
    this.#drainedNs = this.anchorNs - 1n
    this.switches = initialSwitches(announcement.consent ?? 'not_asked')
    this.card = {
      parties: announcement.parties ?? [],
      sessionKey: announcement.sessionKey,
      conversationKey: announcement.conversationKey,
      agentAlias: announcement.agent,
      raw: [],
      dtmf: [],
    }
    this.#keepRaw(announcement)
    this.#remask(this.anchorNs)
    this.#hearing = new Hearing(options.listening.begin(asHeard(this, options)))
    this.#hush()
  }

  /** Who follows the call by ear; null when nobody does. */
  get listener(): CallListener | null {
    return this.#hearing.listener
  }

  /** The port the adapter speaks to. */
  intake(): CallIntake {
    return {
      callId: this.callId,
      leg: (facts) => this.#addLeg(facts),
      update: (facts) => this.#update(facts),
      sourcePaused: (on) => this.#sourcePaused(on),
      caption: (said) => this.listener?.caption(said) ?? false,
      dtmf: (label, digit) => this.#keyPressed({ label, key: digit.toUpperCase(), atMs: this.atMs() }),
      end: (reason) => this.end(reason),
    }
  }

  /** ms since the call's start, on the monotonic clock. */
  atMs(ns: bigint = this.#options.clock.monotonic()): number {
    return Number(ns - this.anchorNs) / 1e6
  }

  /**
   * A detector leaves out card or bank data from an arrival on, or keeps it again from there. Returns how much of what it asked for has
   * left the delay buffer already, ms.
   */
  maskSensitive(on: boolean, fromNs: bigint): number {
    if (this.endReason || !this.decision.pause.detector || !stores(this.decision) || this.switches.masked === on)
      return 0
    this.switches = { ...this.switches, masked: on }
    this.#overlookKeys()
    this.#remask(fromNs)
    const from = fromNs > this.#drainedNs ? fromNs : this.#drainedNs
    this.#options.heard.mark(
      this,
      { kind: on ? 'mask' : 'unmask', atMs: this.atMs(from), by: 'detector', leg: null },
      {},
    )
    this.#options.heard.changed(this)
    return on ? Number(from - fromNs) / 1e6 : 0
  }

  /** Keys, rows and the log entry are durable: media may go to disk from now on. */
  ready(open: (leg: LegRecorder) => StreamWriter): void {
    this.#open = open
    for (const leg of this.legs) leg.attach(open(leg))
  }

  /** Moves what has waited long enough from memory to the vault; everything once the call has ended. */
  drain(nowNs: bigint): void {
    const untilNs = this.endReason ? nowNs : nowNs - BigInt(Math.round(this.#holdBackMs() * 1e6))
    if (!this.#open || untilNs <= this.#drainedNs) return
    for (const leg of this.legs) leg.drain(untilNs)
    this.#drainedNs = untilNs
  }

  /** A person, the platform or a timer switches something. Returns false when it changes nothing. */
  control(action: ControlAction, by: By, told: Told = {}): boolean {
    if (this.endReason) return false
    if (action === 'difficult' || action === 'not_difficult')
      return this.#setDifficult(action === 'difficult', by, told)
    const after = applyControl(this.switches, action)
    if (JSON.stringify(after) === JSON.stringify(this.switches)) return false
    if (action === 'pause' || action === 'resume') this.#overlookKeys()
    this.switches = applyControl(this.switches, action)
    const now = this.#options.clock.monotonic()
    if (action === 'pause') this.#pauseBegins()
    if (action === 'resume') this.#pauseEnds()
    this.#hush()
    this.#remask(action === 'pause' ? now - BigInt(Math.round(this.decision.pause.reachBackSeconds * 1e9)) : now)
    this.#options.heard.mark(this, { kind: marksOf[action], atMs: this.atMs(now), by, leg: null }, told)
    this.#options.heard.changed(this)
    return true
  }

  /** Takes over what is switched on another source of the conversation; a pause there ends here at the same instant. */
  follow(other: Session): void {
    for (const action of controlsBehind(other.switches)) this.control(action, 'platform')
    if (other.switches.masked) this.maskSensitive(true, this.anchorNs)
    this.#pausedAt = other.#pausedAt
    this.#resumesAt = other.#resumesAt
    this.#resumesNs = other.#resumesNs
  }

  /** Called every second or so: ends a pause whose time is over, heeds keys, watches for silent legs. */
  tick(): void {
    const now = this.#options.clock.monotonic()
    if (this.#resumesNs !== null && now >= this.#resumesNs) this.control('resume', 'timer')
    this.#heedKeys()
    this.#watchSilence(now)
  }

  /** Several times a second: whoever listens gets what waits, and silence where nothing comes. */
  listen(nowNs: bigint): void {
    this.#hearing.tick(nowNs)
  }

  /** The disk refuses a leg's media, or takes it again. True when that raises or clears the alert. */
  diskRefuses(leg: LegRecorder, on: boolean): boolean {
    if (on) this.#refused.add(leg)
    else this.#refused.delete(leg)
    const refused = this.#refused.size > 0
    if (refused === this.alerts.has('disk')) return false
    this.#alert('disk', refused)
    return true
  }

  end(reason: EndReason): void {
    if (this.endReason) return
    this.#heedLastKey()
    this.endReason = reason
    this.endedNs = this.#options.clock.monotonic()
    this.#hearing.end()
    for (const leg of this.legs) {
      leg.event({ type: 'end' }, this.endedNs)
      leg.ended = true
    }
    if (!stores(this.decision)) for (const leg of this.legs) leg.discard()
    this.#options.heard.ended(this, reason)
  }

  disconnect(reason: 'policy' | 'shutdown' | 'error'): void {
    this.#options.commands.disconnect?.(reason)
  }

  view(): LiveCall {
    const { announcement, decision, switches } = this
    const now = this.#options.clock.monotonic()
    return {
      id: this.callId,
      startedAt: new Date(this.startedAt).toISOString(),
      direction: announcement.direction ?? null,
      queue: announcement.queue ?? announcement.skill ?? null,
      agentId: this.agent?.personId ?? null,
      status: this.endReason ? 'ended' : statusOf(decision, switches),
      mode: decision.mode,
      controls: this.endReason ? [] : controlsOf(decision, switches, this.difficult),
      pausedAt: this.#pausedAt === null ? null : new Date(this.#pausedAt).toISOString(),
      resumesAt: this.#resumesAt === null ? null : new Date(this.#resumesAt).toISOString(),
      inContract: switches.inContract,
      difficult: this.difficult,
      purposes: decision.purposes,
      legs: this.legs.map((leg) => ({
        index: leg.index,
        role: leg.facts.role,
        silent: this.alerts.has('silent_leg') && this.#isSilent(leg, now),
        level: leg.level.dbfs(),
        held: leg.held,
      })),
      alerts: [...this.alerts],
    }
  }

  #addLeg(facts: LegFacts): LegIntake {
    const { clock, waitingLimit } = this.#options
    const leg = new LegRecorder({
      index: this.legs.length,
      facts: { ...facts, role: this.#roleOf(facts) },
      origin: { anchorNs: this.anchorNs, startedAt: this.startedAt },
      sequenced: this.announcement.sequenced,
      masks: this.#masks,
      waitingLimit,
    })
    this.legs.push(leg)
    this.#options.heard.leg(this, leg)
    if (this.#open) leg.attach(this.#open(leg))
    // A call that is not recorded keeps no audio, not even in memory.
    const kept = stores(this.decision)
    const tap = this.endReason ? null : this.#hearing.tap(leg, () => this.#roleOn(leg.facts.label))
    return {
      rtp: (packet, arrivalNs) => {
        tap?.rtp(packet, arrivalNs)
        if (kept) leg.rtp(packet, arrivalNs)
      },
      frame: (payload, arrivalNs, position) => {
        tap?.frame(payload, arrivalNs, position)
        if (kept) leg.frame(payload, arrivalNs, position)
      },
      change: (change) => {
        tap?.change(change)
        leg.event(
          {
            type: 'format',
            format: change.format,
            cn: change.cnPayloadTypes ?? [],
            dtmf: change.dtmfPayloadTypes ?? [],
          },
          clock.monotonic(),
        )
      },
      lost: (durationMs) => leg.event({ type: 'lost', durationMs }, clock.monotonic()),
      hold: (on) => this.#hold(leg, on),
      end: () => {
        if (leg.ended) return
        tap?.end()
        leg.event({ type: 'end' }, clock.monotonic())
        leg.ended = true
      },
    }
  }

  /** Whoever listens hears silence while nothing may be heard. */
  #hush(): void {
    this.#hearing.hush(unheardBecause(this.decision, this.switches))
  }

  #hold(leg: LegRecorder, on: boolean): void {
    if (leg.held === on) return
    const now = this.#options.clock.monotonic()
    leg.held = on
    leg.event({ type: 'hold', on }, now)
    this.#options.heard.mark(
      this,
      { kind: on ? 'hold' : 'unhold', atMs: this.atMs(now), by: 'platform', leg: leg.index },
      {},
    )
    this.#options.heard.changed(this)
  }

  #update(facts: CallFacts): void {
    const { announcement } = this
    if (facts.direction) announcement.direction = facts.direction
    if (facts.queue) announcement.queue = facts.queue
    if (facts.skill) announcement.skill = facts.skill
    if (facts.agent) this.card.agentAlias = facts.agent
    if (facts.parties && facts.parties.length > 0) this.card.parties = this.#options.recognise(facts.parties)
    this.agent = this.#options.findAgent({ agent: facts.agent, parties: this.card.parties }) ?? this.agent
    this.#keepRaw(facts)
    if (facts.consent === 'yes' || facts.consent === 'no')
      this.#options.controlAll(this, facts.consent === 'yes' ? 'consent_yes' : 'consent_no', 'caller')
    this.#options.heard.changed(this)
  }

  #keepRaw(facts: CallFacts): void {
    if (facts.raw)
      this.card.raw.push({
        mediaType: facts.raw.mediaType,
        base64: facts.raw.bytes.toString('base64'),
        atMs: this.atMs(),
      })
  }

  #sourcePaused(on: boolean): void {
    if (this.switches.sourcePaused === on) return
    const { clock, heard } = this.#options
    this.#overlookKeys()
    this.switches = { ...this.switches, sourcePaused: on }
    this.#hush()
    this.#remask(clock.monotonic())
    heard.mark(this, { kind: on ? 'pause' : 'resume', atMs: this.atMs(), by: 'platform', leg: null }, {})
    heard.changed(this)
  }

  /** Kept only where the recording is; an answer also where the recording waits for it. While paused it is not looked at. */
  #keyPressed(pressed: Pressed): void {
    if (this.endReason || !stores(this.decision)) return
    const { decision, switches } = this
    if (leftOutBecause(decision, switches) === null)
      this.card.dtmf.push({ leg: pressed.label, digit: pressed.key, atMs: pressed.atMs })
    if (this.#roleOn(pressed.label) === 'agent') return
    this.#heedKeys()
    if (switches.paused || switches.sourcePaused) this.#keys.disturb(pressed.atMs)
    else this.#keys.press(pressed)
  }

  #heedKeys(): void {
    const pressed = this.#keys.due(this.atMs())
    if (pressed) this.#heed(pressed, ['consent_yes', 'consent_no'])
  }

  /** Nothing follows a key before the end: enough for a no, not for proof of a yes. */
  #heedLastKey(): void {
    this.#heedKeys()
    const pressed = this.#keys.take()
    if (pressed) this.#heed(pressed, ['consent_no'])
  }

  /** A pause begins or ends: keys around it may be part of what is typed in it. */
  #overlookKeys(): void {
    this.#heedKeys()
    this.#keys.disturb(this.atMs())
  }

  #heed(pressed: Pressed, heeded: readonly ControlAction[]): void {
    const answer = answerOf(pressed, {
      keys: this.#options.answerKeys(),
      from: this.#roleOn(pressed.label),
      consent: this.switches.consent,
      optIn: this.decision.consent === 'opt_in',
    })
    const saidNs = this.anchorNs + BigInt(Math.round(pressed.atMs * 1e6))
    if (answer && heeded.includes(answer)) this.#options.controlAll(this, answer, 'caller_key', { saidNs })
  }

  /** Who is heard on a leg, as far as is known by now: of two legs, who is not the agent is the caller. */
  #roleOn(label: string): PartyRole {
    const leg = this.legs.find((one) => one.facts.label === label)
    if (!leg) return 'unknown'
    const role = this.#roleOf(leg.facts)
    const other = this.legs.length === 2 ? this.legs.find((one) => one !== leg) : undefined
    return role === 'unknown' && other && this.#roleOf(other.facts) === 'agent' ? 'customer' : role
  }

  #roleOf({ role, address }: LegFacts): PartyRole {
    if (role !== 'unknown' || !address) return role
    return this.card.parties.find((p) => p.address === address)?.role ?? role
  }

  #setDifficult(on: boolean, by: By, told: Told): boolean {
    if (this.difficult === on) return false
    this.difficult = on
    if (on) this.#options.heard.mark(this, { kind: 'difficult', atMs: this.atMs(), by, leg: null }, told)
    this.#options.heard.changed(this)
    return true
  }

  #pauseBegins(): void {
    const { autoResumeSeconds } = this.decision.pause
    const { clock } = this.#options
    this.#pausedAt = clock.now()
    this.#resumesNs = autoResumeSeconds > 0 ? clock.monotonic() + BigInt(autoResumeSeconds) * 1_000_000_000n : null
    this.#resumesAt = autoResumeSeconds > 0 ? this.#pausedAt + autoResumeSeconds * 1000 : null
    this.#options.commands.pause?.()
  }

  #pauseEnds(): void {
    this.#pausedAt = null
    this.#resumesAt = null
    this.#resumesNs = null
    this.#options.commands.resume?.()
  }

  /** A mask cannot reach behind what has already left the delay buffer. */
  #remask(fromNs: bigint): void {
    const why = leftOutBecause(this.decision, this.switches)
    // What was left out was not listened to: silence counts from here.
    if (why === null) this.#keptSinceNs = this.#options.clock.monotonic()
    this.#masks.set(why, fromNs > this.#drainedNs ? fromNs : this.#drainedNs + 1n)
  }

  #holdBackMs(): number {
    const { delayMs, detectorDelayMs } = this.#options
    const { reachBackSeconds, detector } = this.decision.pause
    return Math.max(delayMs, reachBackSeconds * 1000, detector && this.listener ? detectorDelayMs : 0)
  }

  #isSilent(leg: LegRecorder, nowNs: bigint): boolean {
    const signal = leg.level.lastSignalNs ?? this.anchorNs
    const since = signal > this.#keptSinceNs ? signal : this.#keptSinceNs
    return nowNs - since > BigInt(this.#options.silentAfterMs) * 1_000_000n
  }

  #watchSilence(nowNs: bigint): void {
    if (this.endReason || !stores(this.decision) || leftOutBecause(this.decision, this.switches) !== null) return
    const silent = this.legs.filter((leg) => !leg.held && !leg.ended && this.#isSilent(leg, nowNs))
    if (silent.length > 0 === this.alerts.has('silent_leg')) return
    this.#alert('silent_leg', silent.length > 0)
    if (silent[0])
      this.#options.heard.mark(
        this,
        { kind: 'silent_leg', atMs: this.atMs(nowNs), by: 'policy', leg: silent[0].index },
        {},
      )
    this.#options.heard.changed(this)
  }

  #alert(alert: Alert, on: boolean): void {
    if (!on) return void this.alerts.delete(alert)
    this.alerts.add(alert)
    this.raised.add(alert)
  }
}
