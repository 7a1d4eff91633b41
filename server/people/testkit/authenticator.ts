import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'

type Cbor = number | string | Buffer | [Cbor, Cbor][]

function head(major: number, n: number): Buffer {
  if (n < 24) return Buffer.from([(major << 5) | n])
  if (n < 256) return Buffer.from([(major << 5) | 24, n])
  return Buffer.from([(major << 5) | 25, n >> 8, n & 255])
}

/** Canonical enough CBOR (RFC 8949) for an attestation object and a COSE key. */
export function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  return Buffer.concat([head(5, value.length), ...value.flatMap(([k, v]) => [cbor(k), cbor(v)])])
}

const sha256 = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest()
const b64 = (data: Buffer | string): string => Buffer.from(data).toString('base64url')

const USER_PRESENT = 0x01
const USER_VERIFIED = 0x04
const ATTESTED = 0x40

/** Misbehaviour for tests; each makes a server refuse. */
export type Fault = { origin?: string; rpId?: string; unverified?: boolean; counter?: number; badSignature?: boolean }

/** A software passkey: ES256, attestation `none`, a counter that rises. Speaks WebAuthn level 3 JSON. */
export function createAuthenticator(origin: string, rpId: string) {
  const { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
  })
  const id = randomBytes(32)
  let counter = 0

  const authData = (flags: number, fault: Fault, attested: Buffer = Buffer.alloc(0)): Buffer => {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(fault.counter ?? ++counter)
    const shown = fault.unverified ? flags & ~USER_VERIFIED : flags
    return Buffer.concat([sha256(fault.rpId ?? rpId), Buffer.from([shown]), count, attested])
  }
  const clientData = (type: string, challenge: string, fault: Fault): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin: fault.origin ?? origin, crossOrigin: false }))
  const wrap = (response: Record<string, unknown>) => ({
    id: b64(id),
    rawId: b64(id),
    type: 'public-key',
    authenticatorAttachment: 'platform',
    clientExtensionResults: {},
    response,
  })

  return {
    /** Answers the options of a registration. */
    create(options: Record<string, unknown>, fault: Fault = {}) {
      const jwk = publicKey.export({ format: 'jwk' })
      const xy = [jwk.x, jwk.y].map((c) => Buffer.from(c ?? '', 'base64url')) as [Buffer, Buffer]
      const cose = cbor([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, xy[0]],
        [-3, xy[1]],
      ])
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, cose])
      const data = authData(USER_PRESENT | USER_VERIFIED | ATTESTED, fault, attested)
      const attestationObject = cbor([
        ['fmt', 'none'],
        ['attStmt', []],
        ['authData', data],
      ])
      const client = clientData('webauthn.create', String(options['challenge']), fault)
      return wrap({ clientDataJSON: b64(client), attestationObject: b64(attestationObject), transports: ['internal'] })
    },
    /** Answers the options of an authentication. */
    get(options: Record<string, unknown>, fault: Fault = {}) {
      const data = authData(USER_PRESENT | USER_VERIFIED, fault)
      const client = clientData('webauthn.get', String(options['challenge']), fault)
      const signed = Buffer.concat([data, sha256(client)])
      const signature = sign('sha256', fault.badSignature ? randomBytes(64) : signed, privateKey)
      return wrap({ clientDataJSON: b64(client), authenticatorData: b64(data), signature: b64(signature) })
    },
  }
}
