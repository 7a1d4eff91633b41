import { contentOf } from './body.ts'
import { isEncrypted, isSigned, openEncrypted, openSigned } from './envelopes.ts'
import { date, index, isObject, type JsonObject, objects, parseObject, text } from './json.ts'
import { isLawfulBasis, readLawfulBasis } from './lawful-basis.ts'
import { modernise } from './names.ts'
import { readParty } from './parties.ts'
import { criticalExtension, malformed, notVcon, tooLarge } from './problems.ts'
import {
  defaultVconLimits,
  type ImportedRecording,
  type ImportedVcon,
  type LawfulBasis,
  MAX_VCON_BYTES,
  type RawPart,
  type SignatureReport,
  type VconGap,
  type VconLimits,
  type VconOptions,
  type VconWarning,
} from './types.ts'

/** Extensions read here; a vCon whose `critical` names another is refused, as its draft demands. */
const supported = new Set(['verbale', 'lawful_basis', 'lawful-basis', 'CC'])

type Opened = { vcon: JsonObject; signatures: SignatureReport[]; encrypted: boolean }

/**
 * Reads a vCon (draft-ietf-vcon-vcon-core, 0.0.1 to 0.4.0): plain JSON, signed (JWS) or encrypted (JWE), nested up to
 * `maxEnvelopes`. Signatures are checked and reported, hashes verified, nothing is fetched. Memory: about four times the size.
 * @throws Problem `vcon_unknown_form`, `vcon_malformed`, `vcon_too_large`, `vcon_hash_mismatch`, `vcon_external_content`,
 * `vcon_critical_extension`, `vcon_signature_bad`, `vcon_signature_unsupported`, `vcon_key_missing`, `vcon_key_wrong`,
 * `vcon_encryption_unsupported`
 */
export async function parseVcon(bytes: Buffer, options: VconOptions = {}): Promise<ImportedVcon> {
  const asked = { ...defaultVconLimits, ...options.limits }
  const limits = { ...asked, maxBytes: Math.min(asked.maxBytes, MAX_VCON_BYTES) }
  const opened = await openEnvelopes(bytes, options, limits)
  const { vcon, older } = modernise(opened.vcon)
  const warnings = new Set<VconWarning>(older ? ['older_field_names'] : [])
  const warn = (warning: VconWarning): void => void warnings.add(warning)

  const uuid = text(vcon['uuid'], 'uuid')
  const createdAt = date(vcon['created_at'], 'created_at')
  if (!uuid || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid)) throw malformed('its uuid')
  if (!createdAt) throw malformed('it has no created_at')
  const version = text(vcon['vcon'], 'vcon')
  if (version !== null && !/^0\.[0-4]\.\d+$/.test(version)) warn('unknown_version')
  checkCritical(vcon['critical'])
  const amended = vcon['amended']
  if (isObject(amended) && (amended['uuid'] !== undefined || amended['url'] !== undefined)) warn('amends_another')

  const parties = objects(vcon['parties'], 'parties', limits.maxParties).map(readParty)
  const content = readDialogs(vcon, { parties: parties.length, limits, options, warn })
  return {
    uuid: uuid.toLowerCase(),
    version,
    createdAt,
    updatedAt: date(vcon['updated_at'], 'updated_at'),
    subject: text(vcon['subject'], 'subject'),
    redacted: isObject(vcon['redacted']) && Object.keys(vcon['redacted']).length > 0,
    parties,
    ...content,
    signatures: opened.signatures,
    signed: opened.signatures.length > 0,
    encrypted: opened.encrypted,
    warnings: [...warnings],
    raw: bytes,
  }
}

async function openEnvelopes(bytes: Buffer, options: VconOptions, limits: VconLimits): Promise<Opened> {
  const keys = options.keys ?? {}
  const signatures: SignatureReport[] = []
  let encrypted = false
  let inside = bytes
  for (let depth = 0; depth <= limits.maxEnvelopes; depth++) {
    const json = parseObject(inside, limits)
    if (isEncrypted(json)) {
      encrypted = true
      inside = await openEncrypted(json, keys)
    } else if (isSigned(json)) {
      const { payload, reports } = await openSigned(json, keys, options.now ?? Date.now())
      signatures.push(...reports)
      inside = payload
    } else {
      if (!('uuid' in json) && !('vcon' in json)) throw notVcon()
      return { vcon: json, signatures, encrypted }
    }
  }
  throw tooLarge('envelopes', limits.maxEnvelopes)
}

function checkCritical(critical: unknown): void {
  if (critical === undefined || critical === null) return
  if (!Array.isArray(critical)) throw malformed('its list of critical extensions')
  for (const name of critical as unknown[]) if (!supported.has(String(name))) throw criticalExtension(String(name))
}

type Reading = { parties: number; limits: VconLimits; options: VconOptions; warn: (warning: VconWarning) => void }

function readDialogs(
  vcon: JsonObject,
  reading: Reading,
): { recordings: ImportedRecording[]; lawfulBases: LawfulBasis[]; others: RawPart[] } {
  const { maxDialogs } = reading.limits
  const recordings: ImportedRecording[] = []
  const lawfulBases: LawfulBasis[] = []
  const others: RawPart[] = []
  const keep = (kind: RawPart['kind'], i: number, json: JsonObject): void => {
    others.push({ kind, index: i, type: typeof json['type'] === 'string' ? json['type'] : null, json })
  }
  for (const [i, dialog] of objects(vcon['dialog'], 'dialog', maxDialogs).entries()) {
    if (dialog['type'] === 'recording') recordings.push(readRecording(dialog, i, reading))
    else keep('dialog', i, dialog)
  }
  for (const [i, analysis] of objects(vcon['analysis'], 'analysis', maxDialogs).entries()) keep('analysis', i, analysis)
  for (const [i, attachment] of objects(vcon['attachments'], 'attachments', maxDialogs).entries()) {
    const basis = isLawfulBasis(attachment) ? readLawfulBasis(attachment) : null
    if (basis) lawfulBases.push(basis)
    else if (isLawfulBasis(attachment)) reading.warn('lawful_basis_unreadable')
    if (!basis) keep('attachment', i, attachment)
  }
  return { recordings, lawfulBases, others }
}

function readRecording(dialog: JsonObject, i: number, reading: Reading): ImportedRecording {
  const where = `dialog[${i}]`
  const start = date(dialog['start'], `${where}.start`)
  if (!start) throw malformed(`${where} has no start`)
  const seconds = dialog['duration'] ?? null
  if (seconds !== null && (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0))
    throw malformed(`${where}.duration`)
  const mediaType = text(dialog['mediatype'], `${where}.mediatype`)
  const originator = dialog['originator'] ?? null
  return {
    dialog: i,
    start,
    durationMs: seconds === null ? null : Math.round(seconds * 1000),
    mediaType: mediaType?.toLowerCase() ?? null,
    filename: text(dialog['filename'], `${where}.filename`),
    media: contentOf(dialog, where, reading.options.content ?? new Map(), reading.warn),
    channels: readChannels(dialog['parties'], reading.parties, where),
    originator: originator === null ? null : index(originator, reading.parties, `${where}.originator`),
    gaps: readGaps(dialog['verbale'], where),
    contact: readContact(dialog),
  }
}

/** One party, a list with one party per channel, or a list of lists; null for a channel nobody is on. */
function readChannels(value: unknown, count: number, where: string): number[][] {
  if (value === undefined || value === null) return []
  const party = (entry: unknown): number => index(entry, count, `${where}.parties`)
  if (!Array.isArray(value)) return [[party(value)]]
  if (value.length > 64) throw malformed(`${where}.parties has too many channels`)
  return value.map((entry: unknown) => (entry === null ? [] : Array.isArray(entry) ? entry.map(party) : [party(entry)]))
}

function readGaps(extension: unknown, where: string): VconGap[] {
  if (!isObject(extension)) return []
  return objects(extension['gaps'], `${where}.verbale.gaps`, 100_000).map((gap) => {
    const { kind, from_ms: fromMs, to_ms: toMs, channel } = gap
    const bad = typeof kind !== 'string' || typeof fromMs !== 'number' || typeof toMs !== 'number' || toMs < fromMs
    if (bad || (channel !== null && typeof channel !== 'number')) throw malformed(`${where}.verbale.gaps`)
    return { kind, fromMs, toMs, channel }
  })
}

function readContact(dialog: JsonObject): ImportedRecording['contact'] {
  const contact: ImportedRecording['contact'] = {}
  if (typeof dialog['campaign'] === 'string') contact.campaign = dialog['campaign']
  if (typeof dialog['interaction_id'] === 'string') contact.interactionId = dialog['interaction_id']
  if (typeof dialog['interaction_type'] === 'string') contact.interactionType = dialog['interaction_type']
  if (typeof dialog['skill'] === 'string') contact.skill = dialog['skill']
  return contact
}
