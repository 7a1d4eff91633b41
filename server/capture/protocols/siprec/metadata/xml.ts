import { XMLParser, XMLValidator } from 'fast-xml-parser'

/** Metadata that cannot be read at all. Carries nothing personal; the recording goes on. */
export class MetadataFault extends Error {}

/** An element: children and attributes by lower-case local name, attributes with `@`; a leaf is its text. */
export type XmlElement = { readonly [name: string]: XmlNode }
export type XmlNode = string | XmlElement | readonly XmlNode[]

export type XmlDocument = {
  name: string
  root: XmlElement
  /** Whether the text was well-formed XML, became so by mending, or is read as far as it goes. */
  shape: 'sound' | 'mended' | 'broken'
  /** The bytes were not in the encoding they claim. */
  misencoded: boolean
}

const MAX_METADATA_BYTES = 1024 * 1024
const MAX_DEPTH = 64

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: true,
  processEntities: false,
  cdataPropName: '#cdata',
  maxNestedTags: MAX_DEPTH,
  transformTagName: (name) => name.toLowerCase(),
  transformAttributeName: (name) => name.toLowerCase(),
})

/**
 * Reads metadata bytes as XML in whatever encoding they are. Throws MetadataFault for a document type declaration (entities
 * are never expanded), more than 1 MiB, or text without a root element. Text that is nearly XML is mended: a display name
 * copied in unescaped must not cost the rest.
 */
export function readXml(bytes: Buffer): XmlDocument {
  if (bytes.length > MAX_METADATA_BYTES) throw new MetadataFault('metadata larger than 1 MiB')
  const { text: decoded, misencoded } = decodeXml(bytes)
  const start = decoded.indexOf('<')
  if (start < 0) throw new MetadataFault('no XML')
  const xml = decoded.slice(start)
  if (/<!\s*(DOCTYPE|ENTITY|ELEMENT|ATTLIST)/i.test(xml))
    throw new MetadataFault('document type declarations are refused')
  const sound = isWellFormed(xml)
  const text = sound ? xml : mend(xml)
  const shape = sound ? 'sound' : isWellFormed(text) ? 'mended' : 'broken'
  const parsed = parse(text)
  const name = Object.keys(parsed).find((key) => !key.startsWith('?') && !key.startsWith('#'))
  if (name === undefined) throw new MetadataFault('no root element')
  return { name, root: asElement(parsed[name]), shape, misencoded }
}

const isWellFormed = (xml: string): boolean => XMLValidator.validate(xml) === true

function parse(xml: string): XmlElement {
  try {
    return parser.parse(xml) as XmlElement
  } catch {
    throw new MetadataFault('not XML')
  }
}

/**
 * Decodes by byte order mark, then by the shape of the first bytes, then by declaration, then as UTF-8; what is not UTF-8
 * is read as Windows-1252, which never fails.
 */
function decodeXml(bytes: Buffer): { text: string; misencoded: boolean } {
  const [a, b, c] = [bytes[0], bytes[1], bytes[2]]
  if (a === 0xff && b === 0xfe) return { text: decode(bytes, 'utf-16le'), misencoded: false }
  if (a === 0xfe && b === 0xff) return { text: decode(bytes, 'utf-16be'), misencoded: false }
  if (a === 0x3c && b === 0 && c !== 0) return { text: decode(bytes, 'utf-16le'), misencoded: false }
  if (a === 0 && b === 0x3c) return { text: decode(bytes, 'utf-16be'), misencoded: false }
  const declared = /^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["']/i
    .exec(bytes.toString('latin1', 0, 256))?.[1]
    ?.toLowerCase()
  if (declared !== undefined && /^(iso-8859-\d+|windows-125\d|latin-?1|koi8-[ru])$/.test(declared)) {
    return { text: decode(bytes, declared === 'latin-1' ? 'latin1' : declared), misencoded: false }
  }
  try {
    // UTF-8, US-ASCII, and a UTF-16 declared in bytes that are plainly not.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { text, misencoded: declared?.startsWith('utf-16') ?? false }
  } catch {
    return { text: decode(bytes, 'windows-1252'), misencoded: true }
  }
}

function decode(bytes: Buffer, encoding: string): string {
  try {
    return new TextDecoder(encoding).decode(bytes)
  } catch {
    return bytes.toString('latin1')
  }
}

/** Escapes what cannot be markup: bare ampersands, `<` that starts no tag, any tag inside a `name` element; drops a cut-off tag. */
function mend(xml: string): string {
  const bare = xml.replace(/&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-f]{1,6});)/gi, '&amp;')
  return bare
    .replace(NAME_ELEMENT, mendName)
    .replace(/<(?![/!?A-Za-z_])/g, '&lt;')
    .replace(/<[^<>]*$/, '')
}

const NAME_ELEMENT = /(<((?:[\w-]+:)?name)\b[^<>]*>)(.{0,1000}?)(<\/\2\s*>)/gis

function mendName(...[whole = '', open = '', , text = '', close = '']: string[]): string {
  return open.endsWith('/>') || text.startsWith('<![CDATA[') ? whole : open + text.replaceAll('<', '&lt;') + close
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescape(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});/g, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name] ?? whole
    const code = name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}

export const asElement = (node: XmlNode | undefined): XmlElement =>
  typeof node === 'object' && !Array.isArray(node) ? (node as XmlElement) : {}

/** Every element of that name, in order. */
export function children(parent: XmlElement, name: string): XmlNode[] {
  const node = Object.hasOwn(parent, name) ? parent[name] : undefined
  if (node === undefined) return []
  return Array.isArray(node) ? [...(node as readonly XmlNode[])] : [node]
}

/** The text of a leaf, trimmed; undefined when empty. */
export function textOf(node: XmlNode | undefined): string | undefined {
  if (node === undefined) return undefined
  const text = typeof node === 'string' ? unescape(node) : mixedText(asElement(node))
  return text.trim() || undefined
}

function mixedText(element: XmlElement): string {
  const plain = element['#text']
  const verbatim = children(element, '#cdata').filter((one) => typeof one === 'string')
  return (typeof plain === 'string' ? unescape(plain) : '') + verbatim.join('')
}

export const childText = (parent: XmlElement, name: string): string | undefined => textOf(children(parent, name)[0])

/** The first element of that name anywhere below, breadth first. */
export function findDeep(parent: XmlElement, name: string): XmlNode | undefined {
  let level: XmlElement[] = [parent]
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
    const next: XmlElement[] = []
    for (const element of level) {
      const found = children(element, name)[0]
      if (found !== undefined) return found
      for (const key of Object.keys(element))
        for (const child of children(element, key)) if (typeof child === 'object') next.push(asElement(child))
    }
    level = next
  }
  return undefined
}
