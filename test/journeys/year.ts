import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as OTPAuth from 'otpauth'
import { anyCall } from '../../contract/rules.ts'
import { seeded } from '../../server/capture/media/testkit/random.ts'
import { manualClock } from '../../server/platform/clock.ts'
import { localObjects } from '../../server/platform/objects/index.ts'
import { createBox } from '../../server/vault/box.ts'
import { fileEpochKeys } from '../../server/vault/index.ts'
import { openKeystore } from '../../server/vault/keys/keystore.ts'
import { sendRecording } from './recording.ts'
import { addTotp, type Client, client, setUp, startServer, type TestServer, program } from './server.ts'
import { publish, rule } from './policy.ts'
import { muLawWav } from './wav.ts'

/*
 * A year of a contact centre on a simulated clock, through the product's own API, beside a model that knows nothing of the
 * product: it counts days on a calendar of its own and says what must still be there.
 */

const DAY = 86_400_000

export type YearReport = {
  calls: number
  days: number
  restarts: number
  ended: number
  destroyed: number
  /** Legal holds placed and released, and calls held at the end. */
  holdsPlaced: number
  holdsReleased: number
  held: number
  /** Callers who objected. */
  objections: number
  /** What the product has and the model does not, or the reverse. Empty = as predicted. */
  differences: string[]
  seconds: number
}

type Modelled = {
  id: string
  startedAt: Date
  /** The caller objected; under a hold it is done at its release. */
  objected: boolean
  /** Days since the story's first; the last on which each purpose may be used. */
  until: Map<string, number>
  processingUntil: number
  /** Whether the audio as captured is still there. */
  processing: boolean
  lapsed: Map<string, string>
  holds: Set<string>
  destroyed: boolean
}

const audio = ['evidence', 'training']

/** The last day of a term of `months` that begins on a day, counted on the calendar, not on instants. */
function lastDayOf(first: Date, months: number): number {
  let [y, m, d] = [first.getUTCFullYear(), first.getUTCMonth() + months, first.getUTCDate()]
  y += Math.floor(m / 12)
  m %= 12
  const leap = (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0
  const length = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][m] ?? 31
  d = Math.min(d, length)
  return Math.floor(Date.UTC(y, m, d) / DAY) - 1
}

const lawful: Record<string, number> = { evidence: 60, training: 6, analytics: 12 }
/** On this day the register keeps training for three months instead of six, of what is there too. */
const shorteningDay = 200
/** Days between restarts of the program; what a crash at any moment does is the fault tests' matter. */
const restartEvery = 30
/** A hold is placed every so many days; from a while on, the oldest is released as often. */
const holdEvery = 12
const firstRelease = 42
/** What rests on legitimate interests ends when the caller objects; a contract goes on. */
const endsByObjection = ['training', 'analytics']
const queues: Record<string, string[]> = {
  Contratti: ['evidence'],
  Assistenza: ['training', 'analytics'],
  Reclami: ['evidence', 'training', 'analytics'],
}

export async function liveThroughYear(options: {
  calls: number
  seed: number
  /** How often everything is compared, days. */
  compareEvery: number
  onDay?: (day: number, made: number) => void
}): Promise<YearReport> {
  const began = performance.now()
  const clock = manualClock(Date.UTC(2027, 0, 11, 9))
  const first = Math.floor(clock.now() / DAY)
  const today = (): number => Math.floor(clock.now() / DAY)
  const random = seeded(options.seed)
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)]
  let server = await startServer({ clock })
  let people = await openUp(server, clock)
  const model: Modelled[] = []
  const holds = new Map<string, Modelled[]>()
  const differences: string[] = []
  let [restarts, ended, objections, holdsPlaced, holdsReleased] = [0, 0, 0, 0, 0]
  const months = { ...lawful }
  try {
    await publish(
      people.admin,
      Object.entries(queues).map(([queue, purposes]) =>
        rule({ name: queue, when: { ...anyCall, queues: [queue] }, purposes: purposes as never }),
      ),
    )
    for (let day = 0; day < 366; day++) {
      const quota = Math.round((options.calls * (day + 1)) / 366) - model.length
      const made = await Promise.all(Array.from({ length: Math.max(0, quota) }, () => call()))
      await settled(server)
      for (const { upload, ...m } of made) model.push({ ...m, id: await people.callOf(upload) })
      await decide(day)
      if (day === shorteningDay) await shorten()
      clock.advance((first + day + 1) * DAY + 3_600_000 - clock.now())
      await people.robot.api('POST /retention/sweep')
      lapse()
      if (day % restartEvery === restartEvery - 1) {
        server = await server.restart()
        people = people.again(server)
        await people.robot.api('POST /retention/sweep')
        restarts++
      }
      if (day % options.compareEvery === 0 || day === 365)
        differences.push(...(await compare(server, model)).map((d) => `day ${day}: ${d}`))
      options.onDay?.(day, model.length)
    }
    differences.push(...(await compareLog(server, model, objections)))
    return {
      calls: model.length,
      days: 366,
      restarts,
      ended,
      destroyed: model.filter((m) => m.destroyed).length,
      holdsPlaced,
      holdsReleased,
      held: model.filter((m) => m.holds.size > 0).length,
      objections,
      differences,
      seconds: (performance.now() - began) / 1000,
    }
  } finally {
    await server.destroy()
  }

  /** A recording comes in, of today or, one in five, of years ago. */
  async function call(): Promise<Omit<Modelled, 'id'> & { upload: string }> {
    const queue = pick(Object.keys(queues)) ?? 'Reclami'
    const ago = random() < 0.2 ? Math.floor(random() * 1800) * DAY : 0
    const startedAt = new Date(clock.now() - ago)
    const alive = (queues[queue] ?? []).filter((p) => lastDayOf(startedAt, months[p] ?? 0) >= today())
    if (alive.length === 0) return call()
    const upload = await people.record({ queue, startedAt: startedAt.toISOString() })
    return {
      upload,
      startedAt,
      objected: false,
      until: new Map(alive.map((p) => [p, lastDayOf(startedAt, months[p] ?? 0)])),
      processingUntil: today() + 6,
      processing: true,
      lapsed: new Map(),
      holds: new Set(),
      destroyed: false,
    }
  }

  /** What people decide on a day: purposes ended before their time, holds placed and released. */
  async function decide(day: number): Promise<void> {
    const some = pick(model)
    if (some && random() < 0.5) {
      const purpose = pick([...some.until.keys()])
      if (purpose) {
        const ask = { params: { callId: some.id }, body: { purpose, why: 'decisione di prova' } }
        const refused = await people.robot.api('POST /calls/:callId/terms/end', ask).then(
          () => null,
          (error: { code?: string }) => error.code ?? 'an error without a code',
        )
        const expected = some.holds.size > 0 ? 'rendition_held' : null
        if (refused !== expected) differences.push(`ending ${purpose}: ${refused} instead of ${expected}`)
        if (!refused) end(some, purpose, 'decision')
      }
    }
    await object()
    if (day % holdEvery === 5) {
      const alive = model.filter((m) => !m.destroyed)
      const one = pick(alive)
      const chosen = alive.filter((m) => m === one || random() < 0.03)
      if (chosen.length > 0) {
        const holdId = await people.hold(chosen.map((m) => m.id))
        for (const m of chosen) m.holds.add(holdId)
        holds.set(holdId, chosen)
        holdsPlaced++
      }
    }
    if (day >= firstRelease && day % holdEvery === 11) {
      const [holdId, kept] = [...holds][0] ?? []
      if (holdId && kept) {
        await people.release(holdId)
        for (const m of kept) m.holds.delete(holdId)
        holds.delete(holdId)
        holdsReleased++
        for (const m of kept) if (m.objected && m.holds.size === 0) await heed(m)
      }
    }
  }

  /** A caller objects; what is held waits for its release. */
  async function object(): Promise<void> {
    const one = pick(model)
    if (!one || one.destroyed || random() > 0.4) return
    const body = { callId: one.id, purpose: null, kind: 'objected' as const, channel: 'operator' as const, note: '' }
    await people.robot.api('POST /consents', { body })
    objections++
    one.objected = true
    if (one.holds.size === 0) await heed(one)
  }

  /** What an objection ends; the product does it by a job, which is waited for. */
  async function heed(m: Modelled): Promise<void> {
    for (const purpose of endsByObjection) if (m.until.has(purpose)) end(m, purpose, 'objection')
    for (let patience = 300; patience > 0; patience--, await sleep(20)) {
      const { terms } = await people.robot.api('GET /calls/:callId/terms', { params: { callId: m.id } })
      const left = terms.filter((t) => t.state !== 'ended').map((t) => t.purpose)
      if (!left.some((purpose) => endsByObjection.includes(purpose))) return
    }
  }

  /** A shorter retention applies to what is there. */
  async function shorten(): Promise<void> {
    const { entries, version } = await people.robot.api('GET /purposes')
    const shorter = entries.map((e) => (e.key === 'training' ? { ...e, keep: { months: 3 } } : e))
    await people.robot.api('POST /purposes/versions', {
      body: { entries: shorter, note: 'tre mesi', basedOn: version },
    })
    months['training'] = 3
    for (const m of model) {
      const until = m.until.get('training')
      if (until !== undefined) m.until.set('training', Math.min(until, lastDayOf(m.startedAt, 3)))
    }
    for (let patience = 600; patience > 0; patience--, await sleep(50)) {
      const { items } = await people.robot.api('POST /purposes/preview', { body: { entries: shorter } })
      if (items.every(({ sooner }) => sooner === 0)) return
    }
  }

  function end(m: Modelled, purpose: string, reason: string): void {
    m.until.delete(purpose)
    m.lapsed.set(purpose, reason)
    // what a decision ends is not to live on in what it was made from
    if (reason !== 'clock') m.processing = false
    ended++
    if (m.until.size === 0) m.destroyed = true
  }

  /** What the turn of the day ends. */
  function lapse(): void {
    for (const m of model) {
      if (m.holds.size > 0) continue
      if (m.processingUntil < today()) m.processing = false
      for (const [purpose, until] of new Map(m.until)) if (until < today()) end(m, purpose, 'clock')
    }
  }
}

/** Waits until every upload is a call and every rendition is made; asked of the database, so that asking costs the product nothing. */
async function settled(server: TestServer): Promise<void> {
  const { db } = server.database
  const left = async (): Promise<number> => {
    const uploads = db.selectFrom('upload').select('id').where('state', 'in', ['receiving', 'decoding'])
    const renditions = db.selectFrom('call_rendition').select('call_id').where('state', 'in', ['pending', 'recording'])
    return (await uploads.execute()).length + (await renditions.execute()).length
  }
  while ((await left()) > 0) await sleep(50)
}

/** Everything the product holds against everything it should. */
async function compare(server: TestServer, model: Modelled[]): Promise<string[]> {
  const { db } = server.database
  const wanted: string[] = []
  for (const m of model) {
    for (const p of m.until.keys()) wanted.push(`term ${m.id} ${p} live`, `wrap ${m.id} card ${p}`)
    for (const [p, reason] of m.lapsed) wanted.push(`term ${m.id} ${p} ended ${reason}`)
    for (const p of m.until.keys()) if (audio.includes(p)) wanted.push(`wrap ${m.id} ${p} ${p}`, `folder ${m.id} ${p}`)
    if (m.destroyed) wanted.push(`certificate ${m.id}`)
    else if (m.processing)
      wanted.push(`wrap ${m.id} card processing`, `wrap ${m.id} processing processing`, `folder ${m.id} processing`)
  }
  const found: string[] = []
  for (const t of await db.selectFrom('term').selectAll().execute())
    found.push(`term ${t.call_id} ${t.purpose} ${t.state}${t.reason ? ` ${t.reason}` : ''}`)
  const wraps = await db
    .selectFrom('key_wrap')
    .innerJoin('rendition', 'rendition.id', 'key_wrap.rendition_id')
    .select(['rendition.call_id', 'rendition.purpose as of', 'key_wrap.purpose'])
    .execute()
  for (const w of wraps) found.push(`wrap ${w.call_id} ${w.of} ${w.purpose}`)
  const renditions = new Map(
    (await db.selectFrom('rendition').select(['id', 'call_id', 'purpose']).execute()).map((r) => [r.id, r]),
  )
  for (const folder of readdirSync(join(server.dataDir, 'objects'))) {
    const of = renditions.get(folder)
    if (of) found.push(`folder ${of.call_id} ${of.purpose}`)
    else if (folder !== 'journal') found.push(`folder ${folder} of nothing`)
  }
  for (const d of await db.selectFrom('destruction').select('call_id').execute()) found.push(`certificate ${d.call_id}`)
  const [has, should] = [new Set(found), new Set(wanted)]
  return [
    ...found.filter((f) => !should.has(f)).map((f) => `too much: ${f}`),
    ...wanted.filter((w) => !has.has(w)).map((w) => `missing: ${w}`),
  ]
}

/** The log against the model: an entry for every call, rendition, lapse and certificate, each in the log once. */
async function compareLog(server: TestServer, model: Modelled[], objections: number): Promise<string[]> {
  const { db } = server.database
  for (let left = 1; left > 0; await sleep(50))
    left = Number(
      (
        await db
          .selectFrom('log_queue')
          .select((e) => e.fn.countAll().as('n'))
          .executeTakeFirstOrThrow()
      ).n,
    )
  const sizes = await db.selectFrom('log').select('size').execute()
  const leaves = sizes.reduce((sum, log) => sum + Number(log.size), 0)
  const rows = await db.selectFrom('evidence_event').select(['rendition_id', 'opening']).execute()
  const lapsed = model.flatMap((m) => [...m.lapsed.keys()])
  const kept = model.flatMap((m) => [...m.until.keys(), ...m.lapsed.keys()]).filter((p) => audio.includes(p))
  const counts = await countOpenings(server, rows)
  const wanted: [string, number, number][] = [
    ['leaves in the log', leaves, rows.length],
    // Of each call: that it came in, and each rendition made of it.
    ['entries under calls’ own keys', rows.filter((r) => r.rendition_id !== null).length, model.length + kept.length],
    ['consent.recorded', counts['consent.recorded'] ?? 0, objections],
    // as it was made at installation, and as it was shortened
    ['register.published', counts['register.published'] ?? 0, 2],
    ['purpose.lapsed', counts['purpose.lapsed'] ?? 0, lapsed.length],
    ['certificate.destruction', counts['certificate.destruction'] ?? 0, model.filter((m) => m.destroyed).length],
  ]
  return wanted
    .filter(([, has, should]) => has !== should)
    .map(([what, has, should]) => `${what}: ${has}, not ${should}`)
}

/** How many events of each type the deployment's own box holds. */
async function countOpenings(
  server: TestServer,
  rows: { rendition_id: string | null; opening: Buffer }[],
): Promise<Record<string, number>> {
  const keystore = await openKeystore(
    {
      folder: localObjects(join(server.dataDir, 'keystore')),
      epochKeys: fileEpochKeys([localObjects(join(server.dataDir, 'epoch-keys'))]),
      clock: manualClock(),
    },
    false,
  )
  const { box } = createBox(keystore.boxKey)
  const counts: Record<string, number> = {}
  for (const { rendition_id, opening } of rows) {
    if (rendition_id) continue
    const { type } = JSON.parse(box.open('evidence', opening).subarray(32).toString('utf8')) as { type: string }
    counts[type] = (counts[type] ?? 0) + 1
  }
  return counts
}

/** The people and the program of the story: an administrator, a privacy officer, a token for the rest. */
async function openUp(server: TestServer, clock: ReturnType<typeof manualClock>) {
  const now = (): number => clock.now()
  const password = 'Zanzare-violette-93-sul-tram'
  const admin = await setUp(server, now)
  const { token } = await admin.api('POST /tokens', {
    body: {
      name: 'anno',
      permissions: ['calls.read', 'calls.add', 'governance.read', 'governance.write', 'consents.record'],
    },
  })
  const invite = async (email: string): Promise<string> => {
    const { invitationToken } = await admin.api('POST /people', {
      body: { name: email, email, role: 'privacy_officer', country: 'IT', teams: [], aliases: [] },
    })
    const who = client(server.url)
    await who.api('POST /invitation/accept', { body: { token: invitationToken, password, locale: 'it' } })
    return addTotp(who, now)
  }
  const secrets = { vera: await invite('vera@example.test'), dario: await invite('dario@example.test') }
  return peopleOf(server, { admin, token, secrets, password, now, wait: (ms) => clock.advance(ms) })
}

type Cast = {
  admin: Client
  token: string
  secrets: { vera: string; dario: string }
  password: string
  now: () => number
  wait: (ms: number) => void
}

function peopleOf(server: TestServer, cast: Cast) {
  const robot = program(server.url, cast.token)
  const audioFile = muLawWav(1)

  async function signedIn(name: 'vera' | 'dario'): Promise<Client> {
    // A code of the authenticator is accepted once: the next one is waited for.
    cast.wait(31_000)
    const who = client(server.url)
    await who.api('POST /sign-in', { body: { email: `${name}@example.test`, password: cast.password } })
    const totp = new OTPAuth.TOTP({ secret: OTPAuth.Secret.fromBase32(cast.secrets[name]) })
    await who.api('POST /sign-in/totp', { body: { code: totp.generate({ timestamp: cast.now() }) } })
    return who
  }

  return {
    admin: cast.admin,
    robot,
    again: (next: TestServer) => peopleOf(next, cast),
    /** Adds a recording; returns its upload. */
    record: (facts: object): Promise<string> =>
      sendRecording(robot, { direction: 'inbound', customer: { address: '+39021234567' }, ...facts }, audioFile),
    /** The call of an upload that was taken in. */
    async callOf(uploadId: string): Promise<string> {
      const { callId } = await robot.api('GET /uploads/:uploadId', { params: { uploadId } })
      if (!callId) throw new Error('an upload was not taken in')
      return callId
    },
    async hold(callIds: string[]): Promise<string> {
      const vera = await signedIn('vera')
      const body = { covers: { kind: 'calls' as const, callIds }, reason: 'richiesta dell’autorità', reference: '' }
      return (await vera.api('POST /holds', { body })).id
    },
    async release(holdId: string): Promise<void> {
      const [vera, dario] = [await signedIn('vera'), await signedIn('dario')]
      await vera.api('POST /holds/:holdId/release-request', {
        params: { holdId },
        body: { reason: 'procedimento archiviato' },
      })
      await dario.api('POST /holds/:holdId/release', { params: { holdId } })
    },
  }
}
