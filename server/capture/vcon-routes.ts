import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { UploadState } from '../../contract/models/calls.ts'
import type { Config } from '../config.ts'
import type { Clock } from '../platform/clock.ts'
import type { Actor, Handlers } from '../platform/http/handlers.ts'
import { messageOf, Problem } from '../platform/problem.ts'
import type { Vault } from '../vault/index.ts'
import type { Queries } from './calls/queries.ts'
import { basisOfPaper, type Papers } from './papers.ts'
import { arrange } from './playback/arrange.ts'
import type { AccessBook } from './playback/access.ts'
import type { Permits } from './playback/permit.ts'
import { renderWav } from './media/index.ts'
import type { CaptureDb } from './recorder/ledger.ts'
import { openLanes } from './sealing/derive.ts'
import type { KeptTranscript } from './transcript.ts'
import type { Intake } from './uploads/intake.ts'
import {
  encryptVcon,
  type ImportedRecording,
  type ImportedVcon,
  isGranted,
  type LawfulBasis,
  partiesByChannel,
  readVcon,
  signVcon,
  type VconKeys,
  vconOf,
  type VconSigner,
} from './vcon/index.ts'

export type VconDeps = {
  db: CaptureDb
  vault: Vault
  queries: Queries
  permits: Permits
  papers: Papers
  book: Pick<AccessBook, 'served'>
  /** What was said in a call, as far as it is kept for a purpose. */
  transcriptFor: (callId: string, purpose: string) => Promise<KeptTranscript | null>
  intake: Intake
  clock: Clock
  keys: { read: VconKeys; signer: VconSigner | null }
}

const maxImportBytes = 128 * 1024 ** 2
/** Audio that still fits a JSON document: about two hours of two G.711 lanes. */
const maxExportBytes = 120 * 1024 ** 2

/** Keys for encrypted and signed vCons, from files. Throws Problem `config_invalid` naming the file. */
export function loadVconKeys(config: Config['vcon']): VconDeps['keys'] {
  const read = <T>(file: string, parse: (text: string) => T): T => {
    try {
      return parse(readFileSync(file, 'utf8'))
    } catch (error) {
      throw new Problem('config_invalid', 500, `Configuration: ${file} (vcon) cannot be used: ${messageOf(error)}.`)
    }
  }
  const certificates = (text: string): X509Certificate[] =>
    (text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(
      (pem) => new X509Certificate(pem),
    )
  const { signing } = config
  return {
    read: {
      decrypt: config.decryptionKeys.map((file) => read(file, createPrivateKey)),
      anchors: config.trustAnchors.flatMap((file) => read(file, certificates)),
    },
    signer: signing
      ? { key: read(signing.key, createPrivateKey), x5c: read(signing.certificates, certificates) as VconSigner['x5c'] }
      : null,
  }
}

export function vconRoutes(deps: VconDeps): Handlers<'POST /vcons' | 'POST /calls/:callId/vcon'> {
  return {
    'POST /vcons': async ({ actor, request, reply }) => {
      const vcon = await readVcon(await readBody(request.raw), { keys: deps.keys.read, now: deps.clock.now() })
      if (vcon.recordings.length === 0)
        throw new Problem('vcon_no_recording', 422, 'The vCon holds no recording with its audio inside.')
      const uploads: UploadState[] = []
      for (const recording of vcon.recordings) uploads.push(await importRecording(deps, { actor, vcon, recording }))
      void reply.status(201)
      return {
        uuid: vcon.uuid,
        signed: vcon.signed,
        trusted: vcon.signatures.some((s) => s.trusted),
        warnings: vcon.warnings,
        uploads,
      }
    },
    'POST /calls/:callId/vcon': async ({ actor, params, body }) => {
      const signer = deps.keys.signer
      if (body.sign && !signer)
        throw new Problem(
          'vcon_signing_key',
          409,
          'There is no key to sign vCons with: set vcon.signing in the configuration.',
        )
      const recipient = body.encryptTo === undefined ? null : publicKey(body.encryptTo)
      if (recipient && !(body.sign && signer))
        throw new Problem('vcon_sign_first', 422, 'A vCon is signed before it is encrypted: ask for both.')
      const vcon = await exportCall(deps, {
        actor,
        callId: params.callId,
        purpose: body.purpose,
        segment: body.segment,
        reason: body.reason,
        caseRef: body.caseRef,
      })
      if (!body.sign || !signer) return vcon
      const signed = await signVcon(vcon, signer)
      return (recipient ? await encryptVcon(signed, recipient, params.callId) : signed) as unknown as Record<
        string,
        unknown
      >
    },
  }
}

async function readBody(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of stream) {
    size += part.length
    if (size > maxImportBytes)
      throw new Problem('upload_too_large', 413, `A vCon may have at most ${maxImportBytes} bytes.`, {
        max: maxImportBytes,
      })
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** One recording of a vCon enters like an uploaded file, with what the vCon knows of it. */
function importRecording(
  { intake, clock }: VconDeps,
  item: { actor: Actor; vcon: ImportedVcon; recording: ImportedRecording },
): Promise<UploadState> {
  const { vcon, recording } = item
  const channels = partiesByChannel(recording, 2)
  const agentLane = [0, 1].find((lane) => channels[lane]?.some((party) => vcon.parties[party]?.role === 'agent')) as
    | 0
    | 1
    | undefined
  const customer = vcon.parties.find((p) => p.role === 'customer')
  const agent = vcon.parties.find((p) => p.role === 'agent')
  const facts = {
    startedAt: recording.start.toISOString(),
    ...(agent?.address && { agent: agent.address }),
    ...(customer && { customer: { name: customer.name, address: customer.address, country: customer.country } }),
    ...(agentLane !== undefined && { agentLane }),
    ...(recording.contact.skill && { queue: recording.contact.skill.slice(0, 120) }),
    ...(recording.mediaType && { mediaType: recording.mediaType.slice(0, 100) }),
    ...(recording.filename && { fileName: recording.filename.slice(0, 255) }),
    consent: consentOf(vcon.lawfulBases, clock.now()),
  }
  return intake.receiveImport(item.actor, {
    media: recording.media,
    source: vcon.raw,
    facts,
    more: { protocol: 'vcon', parties: vcon.parties },
  })
}

/** A consent attachment that speaks of recording decides; without one nobody was asked. */
function consentOf(bases: LawfulBasis[], now: number): 'yes' | 'no' | 'not_asked' {
  const about = bases.filter((b) => b.basis === 'consent' && b.grants.some((g) => g.purpose === 'recording'))
  if (about.length === 0) return 'not_asked'
  return isGranted(about, 'recording', now) ? 'yes' : 'no'
}

async function exportCall(
  deps: VconDeps,
  ask: {
    actor: Actor
    callId: string
    purpose: string
    segment: number | undefined
    reason: string
    caseRef: string | undefined
  },
) {
  const { vault, queries, permits, clock } = deps
  const { key, recordId } = await permits.audio(ask.actor, { ...ask, action: 'export' })
  const opened = await openLanes(vault, key, await vault.manifest(key.renditionId)).catch((error: unknown) => {
    key.dispose()
    throw error
  })
  try {
    const call = await queries.detail(ask.actor, ask.callId)
    const { wav, channelOf } = arrange(
      opened.map(({ leg, lane }) => ({ leg, lane, role: call.legs.find((l) => l.index === leg)?.role ?? 'unknown' })),
    )
    if (wav.bytes > maxExportBytes)
      throw new Problem('vcon_too_long', 422, 'The call is too long for a vCon with its audio inside.', {
        max: maxExportBytes,
      })
    const parts: Buffer[] = []
    for await (const part of renderWav(wav)) parts.push(part)
    await deps.book.served(recordId, { fromMs: 0, toMs: Math.ceil(call.durationMs) })
    const channels = Array.from({ length: wav.channels }, (_, channel) =>
      call.legs.flatMap(({ index }) => (channelOf(index) === channel ? [index] : [])),
    )
    const lawfulBases = (await deps.papers.lawfulBases({ id: call.id, startedAt: call.startedAt })).map(basisOfPaper)
    return vconOf(call, {
      audio: [{ media: Buffer.concat(parts), filename: null, channels }],
      lawfulBases,
      now: new Date(clock.now()),
      transcript: await deps.transcriptFor(ask.callId, ask.purpose),
    })
  } finally {
    for (const { lane } of opened) lane.close()
    key.dispose()
  }
}

function publicKey(pem: string): KeyObject {
  try {
    return pem.includes('CERTIFICATE') ? new X509Certificate(pem).publicKey : createPublicKey(pem)
  } catch {
    throw new Problem('vcon_recipient_key', 422, 'The recipient’s key must be a public key or certificate in PEM form.')
  }
}
