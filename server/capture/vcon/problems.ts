import { Problem } from '../../platform/problem.ts'

/** Every refusal of a vCon. Codes are stable; details name places in the file, never its content. */

export const malformed = (where: string): Problem =>
  new Problem('vcon_malformed', 422, `The vCon is malformed: ${where}.`, { where })

export const notVcon = (): Problem =>
  new Problem(
    'vcon_unknown_form',
    422,
    'The file is no vCon: neither the JSON of one, nor a signed (JWS) or encrypted (JWE) one.',
  )

export const tooLarge = (what: string, max: number): Problem =>
  new Problem('vcon_too_large', 413, `The vCon has too much ${what}; at most ${max}.`, { what, max })

export const hashWrong = (where: string): Problem =>
  new Problem('vcon_hash_mismatch', 422, `The content of ${where} does not match its content_hash.`, { where })

export const external = (where: string): Problem =>
  new Problem(
    'vcon_external_content',
    422,
    `${where} is a reference to another server, and references are not fetched. Send a vCon with its content inline, or the content with it.`,
    { where },
  )

export const criticalExtension = (name: string): Problem =>
  new Problem(
    'vcon_critical_extension',
    422,
    'The vCon requires an extension this product does not support, so it cannot be read safely.',
    { name: /^[\w.-]{1,40}$/.test(name) ? name : '?' },
  )

export const signatureBad = (): Problem =>
  new Problem(
    'vcon_signature_bad',
    422,
    "The vCon's signature is wrong: it was changed after it was signed, or not signed by this certificate.",
  )

export const signatureUnsupported = (what: string): Problem =>
  new Problem('vcon_signature_unsupported', 422, `The vCon's signature cannot be checked: ${what}.`, { what })

export const keyMissing = (): Problem =>
  new Problem('vcon_key_missing', 422, 'The vCon is encrypted and no private key is configured to open it.')

export const keyWrong = (): Problem =>
  new Problem(
    'vcon_key_wrong',
    422,
    'The vCon is encrypted for somebody else, or damaged: no configured private key opens it.',
  )

export const encryptionUnsupported = (what: string): Problem =>
  new Problem('vcon_encryption_unsupported', 422, `The vCon's encryption is not supported: ${what}.`, { what })

export const stalled = (seconds: number): Problem =>
  new Problem('vcon_stalled', 422, `Reading the vCon took longer than ${seconds} s and was stopped.`, { seconds })
