import {
  asElement,
  childText,
  children,
  findDeep,
  textOf,
  MetadataFault,
  type XmlDocument,
  type XmlElement,
} from './xml.ts'

export type Participant = {
  id: string
  address: string | undefined
  name: string | undefined
  /** Streams this participant is heard on. */
  sends: string[]
  /** The vendor says whether this is the caller (`callingParty`). */
  calling: boolean | undefined
}

/** The vendor's own record of the recorded call (Ribbon `callData`, BroadWorks `broadWorksRecordingMetadata`). */
type VendorCall = {
  from?: string | undefined
  to?: string | undefined
  callId?: string | undefined
  /** The subscriber on whose behalf the call is recorded, and whether they made or received it. */
  subscriber?: string | undefined
  direction?: 'inbound' | 'outbound' | undefined
}

/** What the metadata received so far says (RFC 7865), by id. */
export type Snapshot = {
  groups: string[]
  sessions: { id: string; sipSessionId: string | undefined }[]
  participants: Participant[]
  streams: { id: string; label: string | undefined }[]
  vendor: VendorCall
}

export const EMPTY: Snapshot = { groups: [], sessions: [], participants: [], streams: [], vendor: {} }

const NAMED = [
  'group',
  'session',
  'participant',
  'stream',
  'extensiondata',
  'participantsessionassoc',
  'participantstreamassoc',
]

/** Elements of one kind that are read from one document. */
const MAX_ELEMENTS = 256

/**
 * Adds one received document to what is known: `complete` replaces it, `partial` changes what it names, and so does one that
 * is broken, since what it lacks may only be lost. Throws MetadataFault when the document is not recording metadata or
 * names nothing.
 */
export function applyMetadata(known: Snapshot, { name, root, shape }: XmlDocument): Snapshot {
  if (!/^recording([_-]metadata)?$/.test(name)) throw new MetadataFault('the root element is not recording')
  if (!NAMED.some((kind) => children(root, kind).length > 0)) throw new MetadataFault('the document names nothing')
  const partial = shape === 'broken' || /^partial$/i.test(childText(root, 'datamode') ?? childText(root, 'mode') ?? '')
  const base = partial ? known : EMPTY
  const departed = goneFrom(root)
  const participants = mergeBy(base.participants, elements(root, 'participant').map(readParticipant), keepNamed)
  return {
    groups: union(
      base.groups,
      elements(root, 'group')
        .map((group) => idOf(group, 'group'))
        .filter((id) => id !== ''),
    ),
    sessions: mergeBy(base.sessions, elements(root, 'session').map(readSession)),
    participants: associate(participants, root).filter(({ id }) => !departed.has(id)),
    streams: mergeBy(base.streams, elements(root, 'stream').map(readStream)),
    vendor: { ...base.vendor, ...readVendor(root) },
  }
}

const elements = (root: XmlElement, name: string): XmlElement[] =>
  children(root, name).slice(0, MAX_ELEMENTS).map(asElement)

/** `participant_id` as RFC 7865 has it, `id` as its drafts had. */
const idOf = (element: XmlElement, kind: string): string =>
  textOf(element[`@${kind}_id`]) ?? textOf(element['@id']) ?? ''

function readParticipant(element: XmlElement): Participant {
  const nameId = asElement(children(element, 'nameid')[0])
  const address = textOf(nameId['@aor']) ?? childText(nameId, 'aor') ?? childText(element, 'aor')
  const calling = textOf(findDeep(element, 'callingparty'))
  return {
    id: idOf(element, 'participant'),
    address: address === undefined ? undefined : withScheme(address),
    name: cleanName(childText(nameId, 'name') ?? childText(element, 'name')),
    sends: children(element, 'send')
      .map(textOf)
      .filter((id) => id !== undefined),
    calling: calling === undefined ? undefined : /^(true|1|yes)$/i.test(calling),
  }
}

const withScheme = (address: string): string => {
  const bare = address.replace(/^<|>$/g, '').trim()
  return /^(sips?|tel|im|pres|xmpp|urn|h323|https?):/i.test(bare) ? bare : `sip:${bare}`
}

/** A display name without the parameters some sources append (`;lang=it;id=22`). */
const cleanName = (name: string | undefined): string | undefined =>
  name?.replace(/(?:;[\w-]+=[^;]*)+$/, '').trim() || undefined

const readSession = (element: XmlElement): Snapshot['sessions'][number] => ({
  id: idOf(element, 'session'),
  sipSessionId: childText(element, 'sipsessionid'),
})

const readStream = (element: XmlElement): Snapshot['streams'][number] => ({
  id: idOf(element, 'stream'),
  label: childText(element, 'label'),
})

const union = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])]

function mergeBy<T extends { id: string }>(
  known: readonly T[],
  news: readonly T[],
  merge: (old: T, now: T) => T = (_, now) => now,
): T[] {
  const byId = new Map(known.map((one) => [one.id, one]))
  for (const now of news) {
    const old = byId.get(now.id)
    byId.set(now.id, old ? merge(old, now) : now)
  }
  return [...byId.values()]
}

/** A partial document may name a participant only to change one thing. */
const keepNamed = (old: Participant, now: Participant): Participant => ({
  ...now,
  address: now.address ?? old.address,
  name: now.name ?? old.name,
  calling: now.calling ?? old.calling,
  sends: now.sends.length > 0 ? now.sends : old.sends,
})

/** `participantstreamassoc` (RFC 7865 §6.10): the latest one of a participant says what they send. */
function associate(participants: Participant[], root: XmlElement): Participant[] {
  const sends = new Map<string, string[]>()
  for (const element of elements(root, 'participantstreamassoc')) {
    const id = idOf(element, 'participant')
    const named = children(element, 'send')
      .map(textOf)
      .filter((stream) => stream !== undefined)
    const ended = childText(element, 'disassociate-time') !== undefined
    sends.set(id, ended ? (sends.get(id) ?? []) : [...(sends.get(id) ?? []), ...named])
  }
  return participants.map((one) => {
    const named = sends.get(one.id)
    return named ? { ...one, sends: named } : one
  })
}

/** Participants whose association with the session has ended, and not begun again. */
function goneFrom(root: XmlElement): Set<string> {
  const gone = new Set<string>()
  for (const element of elements(root, 'participantsessionassoc')) {
    const id = idOf(element, 'participant')
    if (childText(element, 'disassociate-time') === undefined) gone.delete(id)
    else gone.add(id)
  }
  return gone
}

function readVendor(root: XmlElement): VendorCall {
  const found: VendorCall = {}
  const call = asElement(findDeep(root, 'calldata'))
  const put = <K extends keyof VendorCall>(key: K, value: VendorCall[K]): void => {
    if (value !== undefined) found[key] = value
  }
  put('from', childText(call, 'fromhdr'))
  put('to', childText(call, 'tohdr'))
  put('callId', childText(call, 'gcid') ?? childText(call, 'callid'))
  const broadWorks = findDeep(root, 'broadworksrecordingmetadata')
  if (broadWorks !== undefined) {
    const element = asElement(broadWorks)
    put('subscriber', childText(element, 'userid'))
    put('callId', childText(element, 'exttrackingid') ?? childText(element, 'callid'))
    const made = findDeep(element, 'origcall')
    const leg = made ?? findDeep(element, 'termcall')
    if (leg !== undefined) put('direction', made === undefined ? 'inbound' : 'outbound')
    put('from', childText(asElement(leg), 'callingpartynumber'))
    put('to', childText(asElement(leg), 'calledpartynumber'))
  }
  return found
}
