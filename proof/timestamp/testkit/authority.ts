import { createHash, randomBytes } from 'node:crypto'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { contentOf, OID } from '../asn1.ts'
import {
  type CertificateOptions,
  hashOf,
  issue,
  type Issued,
  type KeyKind,
  nameDer,
  newSigner,
  pemOf,
} from './certificates.ts'
import { signatureAlgorithm, signBytes } from './certificates.ts'
import { context, generalizedTime, implicit, integer, none, octets, oid, sequence, setOf, utf8 } from './der.ts'

/** How an authority answers. Each lie is one that the strict checks must find. */
export type Behaviour =
  | 'good'
  | 'wrong-imprint'
  | 'wrong-nonce'
  | 'no-nonce'
  | 'wrong-policy'
  | 'wrong-time'
  | 'wrong-content'
  | 'other-signer'
  | 'two-signers'
  | 'not-bound'
  | 'bound-by-sha1'
  | 'no-certificate'
  | 'bad-signature'
  | 'granted-with-mods'
  | 'rejected'
  | 'no-token'
  | 'garbage'
  | 'truncated'
  | 'trailing-bytes'
  | 'trailing-bytes-inside'

export type AuthorityOptions = {
  key?: KeyKind
  rootKey?: KeyKind
  /** Certificates between the root and the authority's own. */
  intermediates?: number
  certificate?: Partial<CertificateOptions>
  intermediate?: Partial<CertificateOptions>
  now?: () => number
  policy?: string
  /** Declares its stamps qualified (ETSI EN 319 422). */
  qualified?: boolean
}

export type TestAuthority = {
  rootPem: string
  /** The authority's own certificate and those above it, without the root. */
  chain: Issued[]
  /** Answers a TimeStampReq with a TimeStampResp. */
  answer(request: Buffer, behaviour?: Behaviour): Buffer
}

const year = 365 * 86_400_000
export const testPolicy = '1.3.6.1.4.1.99999.1'

/** A time stamp authority with a root made for the test. */
export function createAuthority(options: AuthorityOptions = {}): TestAuthority {
  const { now = Date.now } = options
  const span = { fromMs: now() - year, toMs: now() + year }
  const root = issue(newSigner(options.rootKey ?? 'p256'), { name: 'Test root', ...span, authority: true })
  const chain: Issued[] = []
  for (let i = 0; i < (options.intermediates ?? 0); i++) {
    const made = { name: `Test intermediate ${i}`, ...span, authority: true, ...options.intermediate }
    chain.unshift(issue(newSigner('p256'), made, chain[0] ?? root))
  }
  const usage = { critical: true, purposes: [OID.timeStamping] }
  const certificate = { name: 'Test authority', ...span, usage, ...options.certificate }
  chain.unshift(issue(newSigner(options.key ?? 'p256'), certificate, chain[0] ?? root))
  const stranger = issue(newSigner('p256'), { ...certificate, name: 'Stranger' }, root)
  const deps = { chain, stranger, options, now }
  return { rootPem: pemOf(root.der), chain, answer: (request, behaviour = 'good') => answer(deps, request, behaviour) }
}

type Deps = { chain: Issued[]; stranger: Issued; options: AuthorityOptions; now: () => number }

function answer(deps: Deps, request: Buffer, behaviour: Behaviour): Buffer {
  if (behaviour === 'garbage') return randomBytes(900)
  if (behaviour === 'rejected') return sequence(sequence(integer(2), sequence(utf8('no stamps today'))))
  const status = sequence(integer(behaviour === 'granted-with-mods' ? 1 : 0))
  if (behaviour === 'no-token') return sequence(status)
  const response = sequence(status, tokenFor(deps, request, behaviour))
  if (behaviour === 'truncated') return response.subarray(0, response.length - 20)
  return behaviour === 'trailing-bytes' ? Buffer.concat([response, Buffer.from('more')]) : response
}

function tokenFor(deps: Deps, request: Buffer, behaviour: Behaviour): Buffer {
  const { chain, stranger } = deps
  const info = infoFor(deps, request, behaviour)
  const [own] = chain as [Issued]
  const hash = algorithm(hashOf(own.signer.kind))
  const signers = [signerInfo(own, { info, behaviour, stranger })]
  if (behaviour === 'two-signers') signers.push(signerInfo(stranger, { info, behaviour, stranger }))
  const sent = behaviour === 'no-certificate' ? chain.slice(1) : [...chain, stranger]
  const content = sequence(oid(OID.timestampInfo), context(0, octets(info)))
  const certificates = context(0, ...sent.map((c) => c.der))
  const signed = sequence(integer(3), setOf(hash), content, certificates, setOf(...signers))
  return sequence(oid(OID.signedData), context(0, signed))
}

const algorithm = (hash: 'sha256' | 'sha384' | 'sha512'): Buffer => sequence(oid(OID[hash]), none())

function infoFor({ options, now }: Deps, request: Buffer, behaviour: Behaviour): Buffer {
  const asked = new pkijs.TimeStampReq({ schema: asn1js.fromBER(request).result })
  const digest = contentOf(asked.messageImprint.hashedMessage)
  const imprint = behaviour === 'wrong-imprint' ? randomBytes(32) : digest
  const nonce = behaviour === 'wrong-nonce' ? randomBytes(8) : contentOf(asked.nonce)
  const policy = behaviour === 'wrong-policy' ? '1.2.3.4' : (asked.reqPolicy ?? options.policy ?? testPolicy)
  const info = sequence(
    integer(1),
    oid(policy),
    sequence(algorithm('sha256'), octets(imprint)),
    integer(randomBytes(6)),
    generalizedTime(behaviour === 'wrong-time' ? now() + 86_400_000 : now()),
    sequence(integer(1), implicit(0, Buffer.of(100))),
    ...(behaviour === 'no-nonce' ? [] : [integer(nonce)]),
    ...(options.qualified ? [context(1, declaration())] : []),
  )
  return behaviour === 'trailing-bytes-inside' ? Buffer.concat([info, none()]) : info
}

/** QCStatements with the one for qualified time stamps. */
const declaration = (): Buffer =>
  sequence(oid(OID.qualifiedStatements), octets(sequence(sequence(oid(OID.qualifiedTimestamp)))))

type Signing = { info: Buffer; behaviour: Behaviour; stranger: Issued }

function signerInfo(certificate: Issued, { info, behaviour, stranger }: Signing): Buffer {
  const { kind } = certificate.signer
  const hash = hashOf(kind)
  const content = behaviour === 'wrong-content' ? randomBytes(100) : info
  const attribute = (type: string, value: Buffer): Buffer => sequence(oid(type), setOf(value))
  const attributes = [
    attribute(OID.contentType, oid(OID.timestampInfo)),
    attribute(OID.messageDigest, octets(createHash(hash).update(content).digest())),
    binding(behaviour === 'not-bound' ? stranger : certificate, behaviour),
  ]
  const signed = setOf(...attributes)
  const signature = signBytes(behaviour === 'other-signer' ? stranger.signer : certificate.signer, signed)
  if (behaviour === 'bad-signature') signature[signature.length - 1]! ^= 1
  const sent = Buffer.from(signed)
  sent[0] = 0xa0
  const name = sequence(nameDer(certificate.issuer), integer(certificate.serial))
  return sequence(integer(1), name, algorithm(hash), sent, signatureAlgorithm(kind), octets(signature))
}

/** SigningCertificateV2 with the default SHA-256, or the older form with SHA-1. */
function binding({ der, issuer, serial }: Issued, behaviour: Behaviour): Buffer {
  const old = behaviour === 'bound-by-sha1'
  const digest = createHash(old ? 'sha1' : 'sha256')
    .update(der)
    .digest()
  const issuerSerial = sequence(sequence(context(4, nameDer(issuer))), integer(serial))
  const identifier = sequence(octets(digest), issuerSerial)
  const type = old ? OID.signingCertificate : OID.signingCertificateV2
  return sequence(oid(type), setOf(sequence(sequence(identifier))))
}
