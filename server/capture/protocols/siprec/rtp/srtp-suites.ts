/** An SRTP protection profile as SDES names it (RFC 4568 §6.2, RFC 6188, RFC 7714). Lengths in bytes. */
export type Suite = { keyBytes: 16 | 24 | 32; saltBytes: 12 | 14; tagBytes: 4 | 10 | 16; aead: boolean }

export type SuiteName =
  | 'AEAD_AES_256_GCM'
  | 'AEAD_AES_128_GCM'
  | 'AES_CM_128_HMAC_SHA1_80'
  | 'AES_CM_128_HMAC_SHA1_32'
  | 'AES_192_CM_HMAC_SHA1_80'
  | 'AES_192_CM_HMAC_SHA1_32'
  | 'AES_256_CM_HMAC_SHA1_80'
  | 'AES_256_CM_HMAC_SHA1_32'

export const SUITES: Record<SuiteName, Suite> = {
  AEAD_AES_256_GCM: { keyBytes: 32, saltBytes: 12, tagBytes: 16, aead: true },
  AEAD_AES_128_GCM: { keyBytes: 16, saltBytes: 12, tagBytes: 16, aead: true },
  AES_CM_128_HMAC_SHA1_80: { keyBytes: 16, saltBytes: 14, tagBytes: 10, aead: false },
  AES_CM_128_HMAC_SHA1_32: { keyBytes: 16, saltBytes: 14, tagBytes: 4, aead: false },
  AES_192_CM_HMAC_SHA1_80: { keyBytes: 24, saltBytes: 14, tagBytes: 10, aead: false },
  AES_192_CM_HMAC_SHA1_32: { keyBytes: 24, saltBytes: 14, tagBytes: 4, aead: false },
  AES_256_CM_HMAC_SHA1_80: { keyBytes: 32, saltBytes: 14, tagBytes: 10, aead: false },
  AES_256_CM_HMAC_SHA1_32: { keyBytes: 32, saltBytes: 14, tagBytes: 4, aead: false },
}

export type SrtpKey = {
  key: Buffer
  salt: Buffer
  /** Master key identifier carried in each packet (RFC 3711 §3.1), when the offer uses one. */
  mki: Buffer | null
}
