import type { Caption, CaptionState, LiveCaptions } from '../../../contract/models/captions.ts'
import type { Clock } from '../../platform/clock.ts'
import type { EngineIdentity, LiveTranscriber, Utterance } from '../engines/ports.ts'
import { Conversation, redactedIn, type Said } from './conversation.ts'
import { type DraftDeps, type Drafts, drafts, type EngineDraft, type SourceDraft, without } from './drafts.ts'
import { type Guard, heed, type Order, passed, type Stretch, type Told } from './guard.ts'
import type { CallListener, HeardCall, Role } from './heard.ts'
import { type EngineLane, engineLane } from './lane.ts'
import { fromSource, type FromSource } from './sources.ts'
import type { CaptionClock } from './speed.ts'
import type { NameDictionary, Settings } from '../redaction/index.ts'

export type FollowDeps = DraftDeps & {
  clock: Clock
  live(language: string | null): LiveTranscriber | null
  /** Who takes over when that one cannot keep up; null while nobody can. */
  relief(language: string): LiveTranscriber | null
  languageOf(facts: { queue: string | null; agentCountry: string | null }): string | null
  names(language: string): NameDictionary | null
  speed: CaptionClock
  /** It is followed no longer. */
  ended(call: FollowedCall): void
  publish(callId: string, news: { captions: Caption[]; withdrawn: string[]; state: CaptionState }): void
  /** Writes down that nothing else was kept. */
  receipt(of: Receipt): Promise<void>
}

export type Receipt = {
  callId: string
  captions: number
  viewers: number
  heardMs: number
  engine: string | null
  recorded: boolean
}

/** So far behind, captions of what is being said come too late to be worth the work. */
const FINALS_MS = 3000
/** An engine that was behind must keep up for so long before partial captions are worth its time again. */
const STEADY_MS = 10_000
/** Behind for so long, with whole utterances only: a lighter engine takes over for the rest of the call, if there is one. */
const RELIEF_MS = 4000
/** Speech that was given up counts for so long. */
const GAPS_MS = 30_000
/** Speech after which the language of a call is known for good. */
const LOCK_MS = 10_000
const KEEP_EVERY_MS = 5000

type Lane = {
  index: number
  role: () => Role
  engine: EngineLane
  behindMs: number
  partials: number
  heardMs: number
  /** Finals that no draft has yet, and up to where the lane is heard without a hole (ms of the call); null: there was one. */
  fresh: Utterance[]
  keptToMs: number | null
}

/**
 * Follows one call: its lanes through the engine that serves its language, or the captions that its source sends; redacted before
 * they are shown, card and bank data left out of the record as soon as it is heard. All in memory.
 */
export class FollowedCall implements CallListener {
  readonly hears: boolean
  readonly #call: HeardCall
  readonly #deps: FollowDeps
  readonly #legs: { index: number; label: string; role: () => Role }[] = []
  readonly #lanes = new Set<Lane>()
  readonly #source: FromSource
  #talk: Conversation
  #language: string | null
  /** Speech in each language, ms, until one is locked; null once it is, or was declared. */
  #spoken: Map<string, number> | null
  #engine: EngineIdentity | null = null
  #sourced = false
  #failed = false
  #why: string | null = null
  #guard: Guard = null
  /** What the guard leaves out of the record, and what nobody may hear: pauses, a caller’s no. */
  #masked: Stretch[] = []
  #unheard: Stretch[] = []
  #lostNs: bigint | null = null
  /** When the engine was last behind, and since when it has been. */
  #lateNs: bigint | null = null
  #lateFromNs: bigint | null = null
  /** A lighter engine has taken over. */
  #relieved = false
  #told = ''
  #keptNs: bigint
  #keeping: Promise<void> = Promise.resolve()
  readonly #drafts: Drafts
  #ended = false
  #counts = { captions: 0, viewers: 0 }

  constructor(call: HeardCall, deps: FollowDeps) {
    this.#call = call
    this.#deps = deps
    this.#drafts = drafts(call, deps)
    this.hears = call.assist || call.detector
    this.#language = deps.languageOf(call.facts())
    this.#spoken = this.#language === null ? new Map() : null
    this.#source = fromSource(call.protocol, this.#legs)
    this.#talk = this.#conversation()
    this.#keptNs = deps.clock.monotonic()
  }

  get behind(): boolean {
    return this.#mode() !== 'full' && this.#engine !== null
  }

  leg(leg: { index: number; label: string; role: () => Role }): void {
    this.#legs.push(leg)
  }

  lane({ index, role, rate }: Parameters<CallListener['lane']>[0]): ReturnType<CallListener['lane']> {
    const lane: Lane = {
      index,
      role,
      behindMs: 0,
      partials: 0,
      heardMs: 0,
      fresh: [],
      keptToMs: 0,
      engine: engineLane(
        { clock: this.#deps.clock, rate, engine: () => this.#serving() },
        {
          heard: (utterance, told) => this.#heard(lane, utterance, told),
          behind: (ms) => {
            lane.behindMs = ms
            this.#tellState()
          },
          lost: () => {
            this.#lostNs = this.#deps.clock.monotonic()
            this.#tellState()
          },
          failed: (problem) => {
            this.#deps.log.warn(
              { callId: this.#call.callId, code: problem.code },
              'captions: the engine failed; it is tried again',
            )
            this.#failed = true
            this.#tellState()
          },
        },
      ),
    }
    this.#lanes.add(lane)
    return {
      push: (samples, arrivalNs) => {
        if (this.#ended || this.#sourced) return
        if (this.#why === null) lane.heardMs += (samples.length * 1000) / rate
        lane.engine.push(samples, arrivalNs)
      },
      end: () => lane.engine.close(),
    }
  }

  leftOut(why: string | null): void {
    if (why === this.#why) return
    if (this.#why === null) this.#unheard.push({ fromMs: this.#nowMs(), toMs: Number.POSITIVE_INFINITY })
    if (why === null) closeAt(this.#unheard, this.#nowMs())
    this.#why = why
    // What somebody said before saying no is not to be read on a screen any more.
    if (why === 'no_consent') {
      const withdrawn = this.#talk.captions.map(({ id }) => id)
      this.#talk.clear()
      for (const { engine } of this.#lanes) engine.forget()
      this.#publish([], withdrawn)
    }
    // A platform may send what was said in a pause when it is over.
    this.#talk.leaveOut(this.#leftOut())
    this.#tellState()
  }

  caption(said: Parameters<CallListener['caption']>[0]): boolean {
    if (this.#ended || this.#why !== null) return false
    const nowMs = this.#nowMs()
    const change = this.#source.take(said, nowMs)
    if (!change) return false
    this.#heedSource(said.language)
    const id = `s${change.lane}.${change.id}`
    if (change.kind === 'retracted') {
      if (this.#talk.withdraw(id)) this.#publish([], [id])
      return true
    }
    const leg = this.#legs.find(({ index }) => index === change.lane)
    this.#say({
      id,
      leg: change.lane,
      role: leg?.role() ?? 'unknown',
      origin: 'source',
      final: change.kind !== 'partial',
      utterance: change.utterance,
      stages: null,
    })
    return true
  }

  snapshot(): LiveCaptions {
    return { callId: this.#call.callId, captions: this.#talk.captions, state: this.#state() }
  }

  viewed(): void {
    this.#counts.viewers++
  }

  /** Called several times a second. */
  tick(): void {
    if (this.#ended) return
    this.#publish(this.#obey(passed(this.#guard, this.#nowMs())), [])
    this.#relieve()
    this.#tellState()
    const now = this.#deps.clock.monotonic()
    if (now - this.#keptNs < BigInt(KEEP_EVERY_MS * 1e6)) return
    this.#keptNs = now
    void this.#keep()
  }

  async end(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    this.#deps.ended(this)
    for (const { engine } of this.#lanes) engine.close()
    const heardMs = [...this.#lanes].reduce((sum, lane) => sum + lane.heardMs, 0)
    await this.#keep()
    this.#talk.clear()
    const { callId, stored } = this.#call
    if (heardMs === 0 && this.#counts.captions === 0) return
    await this.#deps
      .receipt({ callId, ...this.#counts, heardMs, engine: this.#engineName(), recorded: stored })
      .catch(() => this.#deps.log.error({ callId }, 'captions: the receipt could not be written'))
  }

  #nowMs(): number {
    return this.#call.atMs(this.#deps.clock.monotonic())
  }

  #conversation(): Conversation {
    return new Conversation(this.#settings(this.#language))
  }

  #settings(language: string | null): Settings[] {
    return redactedIn(language).map((each) => ({ language: each, names: this.#deps.names(each) }))
  }

  /** Whose turn it is to write down this call; facts of a call may come after its first sound. */
  #serving(): { live: LiveTranscriber; language: string | null } | null {
    if (this.#language === null) this.#declare(this.#deps.languageOf(this.#call.facts()))
    const lighter = this.#relieved && this.#language !== null ? this.#deps.relief(this.#language) : null
    const live = lighter ?? this.#deps.live(this.#language)
    if (!live) return null
    this.#engine = live.identity
    this.#failed = false
    return { live, language: this.#language }
  }

  /** An engine that stays behind although it writes whole utterances only gives the call to a lighter one, with what it has not written. */
  #relieve(): void {
    const now = this.#deps.clock.monotonic()
    if (this.#behindMs() <= FINALS_MS) this.#lateFromNs = null
    else this.#lateFromNs ??= now
    if (this.#sourced || this.#language === null) return
    const late = this.#lateFromNs !== null && now - this.#lateFromNs >= BigInt(RELIEF_MS * 1e6)
    if (!late && !this.#relieved) return
    // asked for as long as it is needed: it is closed when nobody does
    const lighter = this.#deps.relief(this.#language)
    if (!lighter || this.#relieved) return
    this.#relieved = true
    this.#deps.log.warn(
      { callId: this.#call.callId, from: this.#engine?.model, to: lighter.identity.model },
      'captions: the engine cannot keep up, a lighter one takes over',
    )
    for (const lane of this.#lanes) {
      lane.behindMs = 0
      lane.engine.reopen()
    }
  }

  #declare(language: string | null): void {
    if (language === null) return
    this.#language = language
    this.#spoken = null
    this.#talk = this.#conversation()
  }

  /** Callers speak what they like, whatever was declared of the queue: what is personal in it is taken out too. */
  #spokenToo(language: string | null): void {
    if (language === null || language === this.#language) return
    this.#language ??= language
    this.#talk.also(this.#settings(language))
  }

  /** A platform that transcribes itself is not transcribed again. */
  #heedSource(language: string | undefined): void {
    this.#spokenToo(/^[a-z]{2,3}/i.exec(language ?? '')?.[0].toLowerCase() ?? null)
    if (this.#sourced) return
    this.#sourced = true
    for (const { engine } of this.#lanes) engine.close()
  }

  #heard(lane: Lane, utterance: Utterance, { final, detectedMs }: { final: boolean; detectedMs: number | null }): void {
    if (this.#ended || this.#sourced || this.#why !== null) return
    if (!final && this.#mode() !== 'full') return
    const redactionFrom = performance.now()
    const now = this.#deps.clock.monotonic()
    const { arrivals } = lane.engine
    const last = arrivals.at(utterance.endMs)
    const since = (ns: bigint): number => Math.max(0, Number(now - ns) / 1e6)
    const capture = Math.max(0, Number(last.handedNs - last.arrivalNs) / 1e6)
    const engine = Math.min(detectedMs ?? Number.POSITIVE_INFINITY, since(last.handedNs))
    const stages = { capture, vad: Math.max(0, since(last.handedNs) - engine), engine }
    const atMs = (laneMs: number): number => this.#call.atMs(arrivals.at(laneMs).arrivalNs)
    const id = `${lane.index}.${lane.partials}`
    if (final) lane.partials++
    if (final) this.#learn(utterance)
    this.#spokenToo(utterance.language)
    const said = inCall(utterance, atMs)
    if (final)
      this.#remember(
        lane,
        inCall(utterance, (laneMs) => this.#call.atMs(arrivals.undelayed(laneMs))),
      )
    this.#say(
      { id, leg: lane.index, role: lane.role(), origin: 'engine', final, utterance: said, stages },
      redactionFrom,
    )
  }

  /** What the engine heard without a hole need not be heard again after the call. */
  #remember(lane: Lane, said: Utterance): void {
    if (!lane.engine.isWhole) lane.keptToMs = null
    if (lane.keptToMs === null) lane.fresh = []
    else lane.fresh.push(said)
  }

  /** Nobody declared the language: what the first ten seconds of speech are in, the call is in. */
  #learn({ language, startMs, endMs }: Utterance): void {
    if (!this.#spoken || language === null) return
    this.#spoken.set(language, (this.#spoken.get(language) ?? 0) + endMs - startMs)
    const all = [...this.#spoken.values()].reduce((a, b) => a + b, 0)
    if (all < LOCK_MS) return
    const [most] = [...this.#spoken].toSorted((a, b) => b[1] - a[1])
    this.#spoken = null
    this.#language = most?.[0] ?? null
    for (const lane of this.#lanes) lane.engine.reopen()
  }

  #say(said: Said, redactionFrom?: number): void {
    const { captions, told } = this.#talk.take(said, redactionFrom)
    this.#counts.captions += said.final ? 1 : 0
    const stages = captions.at(-1)?.stages
    if (stages) this.#deps.speed.note(stages)
    // What the turn itself switches changes how it is shown.
    const changed = new Map(this.#heed(told).map((caption) => [caption.id, caption]))
    const news = captions.map((caption) => ({ ...(changed.get(caption.id) ?? caption), stages: caption.stages }))
    for (const { id } of captions) changed.delete(id)
    this.#publish([...news, ...changed.values()], [])
  }

  #heed(told: Told): Caption[] {
    return this.#call.detector ? this.#obey(heed(this.#guard, told)) : []
  }

  /** Leaves out of the record, and of what is shown, what the guard says. Returns captions that change by it. */
  #obey({ guard, order }: { guard: Guard; order: Order }): Caption[] {
    this.#guard = guard
    if (!order) return []
    const { on, fromMs } = order
    const missedMs = this.#call.mask(on, this.#call.arrivalAt(fromMs))
    const { callId } = this.#call
    if (missedMs > 0)
      this.#deps.log.info(
        { callId, missedMs: Math.round(missedMs) },
        'card data was heard too late to be left out from its start',
      )
    if (on) this.#masked.push({ fromMs, toMs: Number.POSITIVE_INFINITY })
    else closeAt(this.#masked, fromMs)
    const changed = this.#talk.leaveOut(this.#leftOut())
    return changed
  }

  #leftOut(): Stretch[] {
    return [...this.#masked, ...this.#unheard]
  }

  #publish(captions: Caption[], withdrawn: string[]): void {
    if (!this.#call.assist || (captions.length === 0 && withdrawn.length === 0)) return
    const state = this.#state()
    this.#told = JSON.stringify(state)
    this.#deps.publish(this.#call.callId, { captions, withdrawn, state })
  }

  #tellState(): void {
    const state = this.#state()
    const told = JSON.stringify(state)
    if (told === this.#told || !this.#call.assist || this.#ended) return
    this.#told = told
    this.#deps.publish(this.#call.callId, { captions: [], withdrawn: [], state })
  }

  #behindMs(): number {
    return Math.max(0, ...[...this.#lanes].map(({ behindMs }) => behindMs))
  }

  #mode(): CaptionState['mode'] {
    if (this.#sourced) return 'full'
    const lost = this.#lostNs !== null && this.#deps.clock.monotonic() - this.#lostNs < BigInt(GAPS_MS * 1e6)
    if (lost) return 'gaps'
    const now = this.#deps.clock.monotonic()
    if (this.#behindMs() > FINALS_MS) this.#lateNs = now
    return this.#lateNs !== null && now - this.#lateNs < BigInt(STEADY_MS * 1e6) ? 'finals' : 'full'
  }

  #state(): CaptionState {
    const reason = this.#reason()
    return {
      mode: reason === null ? this.#mode() : 'none',
      reason,
      behindMs: Math.round(this.#behindMs() / 1000) * 1000,
      language: this.#language,
      engine: this.#engineName(),
      relieved: this.#relieved && !this.#sourced,
      demo: !this.#sourced && (this.#engine?.demo ?? false),
    }
  }

  #reason(): CaptionState['reason'] {
    if (this.#why !== null) return 'left_out'
    if (this.#sourced) return null
    if (this.#failed) return 'engine_failed'
    if (this.#engine) return null
    return this.#language === null && !this.#deps.live(null)
      ? 'no_language'
      : this.#deps.live(this.#language)
        ? null
        : 'no_engine'
  }

  #engineName(): string | null {
    return this.#sourced ? `source:${this.#call.protocol}` : (this.#engine?.engine ?? null)
  }

  /** One after the other: what a try under way could not keep is there for the next. */
  #keep(): Promise<void> {
    this.#keeping = this.#keeping.then(() => this.#keepNow())
    return this.#keeping
  }

  /** What was transcribed goes into drafts, without what is left out of the record. */
  async #keepNow(): Promise<void> {
    if (!this.#call.stored) return
    const segments = this.#source.news()
    if (segments.length > 0) {
      const draft: SourceDraft = {
        protocol: this.#call.protocol,
        segments: segments.map((segment) => without(segment, this.#leftOut())),
      }
      if (!(await this.#drafts.keep('source', draft))) this.#source.again(segments)
    }
    const lanes = [...this.#lanes].filter(({ fresh, keptToMs }) => fresh.length > 0 && keptToMs !== null)
    if (lanes.length === 0 || !this.#engine || this.#sourced) return
    const heard = lanes.map(({ index, fresh, keptToMs }) => ({
      leg: index,
      fromMs: keptToMs ?? 0,
      toMs: Math.max(...fresh.map(({ endMs }) => endMs)),
      utterances: fresh.map((utterance) => without(utterance, this.#leftOut())),
      leftOut: false,
    }))
    const counts = lanes.map(({ fresh }) => fresh.length)
    if (!(await this.#drafts.keep('engine', { engine: this.#engine, heard } satisfies EngineDraft))) return
    for (const [i, lane] of lanes.entries()) {
      lane.fresh.splice(0, counts[i])
      if (lane.keptToMs !== null) lane.keptToMs = heard[i]!.toMs
    }
  }
}

function closeAt(stretches: Stretch[], toMs: number): void {
  const last = stretches.at(-1)
  if (last) last.toMs = Math.max(last.fromMs, toMs)
}

const inCall = (utterance: Utterance, atMs: (laneMs: number) => number): Utterance => ({
  ...utterance,
  startMs: atMs(utterance.startMs),
  endMs: atMs(utterance.endMs),
  words: utterance.words.map((w) => ({ ...w, startMs: atMs(w.startMs), endMs: atMs(w.endMs) })),
})
