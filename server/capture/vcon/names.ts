import { isObject, type JsonObject } from './json.ts'

/** Renames of fields since the first drafts: [then, now]. */
const rootNames: [string, string][] = [
  ['appended', 'amended'],
  ['must_support', 'critical'],
]
const partNames: [string, string][] = [
  ['mimetype', 'mediatype'],
  ['mime_type', 'mediatype'],
  ['schema_version', 'schema'],
]

/** `alg` and `signature` became one `content_hash`: `SHA-512` + base64url → `sha512-…`. */
function hashOf(part: JsonObject): string | null {
  if (typeof part['signature'] !== 'string' || typeof part['alg'] !== 'string') return null
  const algorithm = /^(?:LMOTS_)?SHA-?(\d{3})/i.exec(part['alg'])?.[1]
  return algorithm ? `sha${algorithm}-${part['signature']}` : null
}

function renamed(source: JsonObject, names: [string, string][]): { value: JsonObject; older: boolean } {
  const value = { ...source }
  let older = false
  for (const [then, now] of names) {
    if (!(then in value)) continue
    value[now] ??= value[then]
    delete value[then]
    older = true
  }
  return { value, older }
}

/** Rewrites a vCon of any draft (0.0.1 to 0.4.0) to the names of 0.4.0. Nothing else is changed. */
export function modernise(source: JsonObject): { vcon: JsonObject; older: boolean } {
  const root = renamed(source, rootNames)
  let { older } = root
  for (const list of ['dialog', 'analysis', 'attachments']) {
    const parts = root.value[list]
    if (!Array.isArray(parts)) continue
    root.value[list] = parts.map((part: unknown) => {
      if (!isObject(part)) return part
      const fresh = renamed(part, partNames)
      const hash = hashOf(part)
      if (hash && fresh.value['content_hash'] === undefined) {
        fresh.value['content_hash'] = hash
        delete fresh.value['alg']
        delete fresh.value['signature']
        fresh.older = true
      }
      // 0.3: one text; 0.4: an object for each end (RFC 7989).
      if (typeof fresh.value['session_id'] === 'string') {
        fresh.value['session_id'] = { local: fresh.value['session_id'] }
        fresh.older = true
      }
      older ||= fresh.older
      return fresh.value
    })
  }
  return { vcon: root.value, older }
}
