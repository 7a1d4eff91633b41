import { FILES, MANIFEST_STAMP, mediaType } from './format.ts'

/** A file and its SHA-256. */
export type Digest = { name: string; sha256: Buffer }

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => escapes[sign] ?? sign)

/** Whether the manifest lists a file: all but `mimetype` and what stands in META-INF. */
export const isListed = (name: string): boolean => name !== FILES.mimetype && !name.startsWith('META-INF/')

/**
 * The bytes of META-INF/ASiCManifest.xml (ETSI EN 319 162-1 §A.4). Without a stamp it refers to our own seal, which the schema allows
 * and tools for ASiC do not know: they then show files without a signature.
 */
export function encodeManifest(files: readonly Digest[], stamped: boolean): Buffer {
  const signature = stamped
    ? `URI="${MANIFEST_STAMP}" MimeType="application/vnd.etsi.timestamp-token"`
    : `URI="${FILES.seal}" MimeType="text/plain"`
  const references = files
    .filter(({ name }) => isListed(name))
    .map(
      ({ name, sha256 }) =>
        ` <asic:DataObjectReference URI="${escaped(encodeURI(name))}" MimeType="${mediaType(name)}">` +
        '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>' +
        `<ds:DigestValue>${sha256.toString('base64')}</ds:DigestValue></asic:DataObjectReference>\n`,
    )
  return Buffer.from(
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">\n' +
      ` <asic:SigReference ${signature}/>\n${references.join('')}</asic:ASiCManifest>\n`,
  )
}
