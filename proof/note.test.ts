import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Checkpoint, encodeCheckpoint, openCheckpoint, parseCheckpoint } from './checkpoint.ts'
import { COSIGNATURE, cosign, cosignatureVerifier, verifierOf } from './cosignature.ts'
import { LogError } from './log-error.ts'
import { emptyRoot, leafHash, nodeHash } from './merkle.ts'
import {
  decodeNumber,
  ED25519,
  encodeVkey,
  keyObject,
  noteKey,
  noteVerifier,
  openNote,
  parseNote,
  parseVkey,
  rawPublicKey,
  signatureLine,
  signNote,
} from './note.ts'
import { isWeakKey } from './note-weak.ts'
import { parsePolicy } from './policy.ts'
import { encodeTlogProof, parseTlogProof, verifyTlogProof } from './tlog-proof.ts'

/** A private key from a seed (RFC 8410 §7), so that fixtures do not change. */
const keyOf = (seed: number): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seed)]),
    format: 'der',
    type: 'pkcs8',
  })
const nameOfLog = 'example.com/log/2026'
const [logSecret, witnessSecret] = [keyOf(1), keyOf(2)]
const logKey = noteKey(nameOfLog, ED25519, rawPublicKey(logSecret))
const witnessKey = noteKey('witness.example/w1', COSIGNATURE, rawPublicKey(witnessSecret))
const log = noteVerifier(logKey)
const witness = cosignatureVerifier(witnessKey)

const entry = Buffer.from('an entry')
const text = encodeCheckpoint({ origin: nameOfLog, size: 1, root: leafHash(entry) })
const note = signNote(text, nameOfLog, logSecret)
const cosigned = note + cosign(text, witnessKey.name, { key: witnessSecret, time: 1_700_000_000 })

const refusal = (work: () => unknown): string => {
  try {
    work()
  } catch (e) {
    if (e instanceof LogError) return e.code
    throw e
  }
  return 'accepted'
}

/** Every text that differs from `original` in one bit. */
function* flips(original: string): Generator<Buffer> {
  const bytes = Buffer.from(original)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    yield changed
  }
}

describe('notes of others', () => {
  // c2sp.org/tlog-checkpoint and Go's golang.org/x/mod/sumdb/note, which the specification is taken from.
  const vkey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
  const peter =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
    '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'

  it('the note of the reference implementation opens', () => {
    const { text: read, signed } = openNote(peter, [noteVerifier(parseVkey(vkey))])
    expect(read.startsWith('If you think')).toBe(true)
    expect(signed.map(({ key }) => encodeVkey(key))).toEqual([vkey])
  })

  it('each of its bits counts', () => {
    const verifier = noteVerifier(parseVkey(vkey))
    for (const changed of flips(peter)) expect(refusal(() => openNote(changed, [verifier]))).not.toBe('accepted')
  })

  it('a vkey stands for its own bits only', () => {
    for (const changed of flips(vkey)) expect(refusal(() => parseVkey(changed.toString('latin1')))).not.toBe('accepted')
  })
})

describe('keys', () => {
  it('round trip', () => {
    for (const key of [logKey, witnessKey]) expect(parseVkey(encodeVkey(key))).toEqual(key)
    expect(verifierOf(encodeVkey(witnessKey)).key.type).toBe(COSIGNATURE)
  })

  it('a name without UTF-8, with spaces or plus signs is refused', () => {
    for (const name of ['', 'a b', 'a+b', 'a\u00a0b', 'a\u0085b', 'a\u3000', '\ud800', 'a\nb', 'a\u0001'])
      expect(refusal(() => noteKey(name, ED25519, logKey.publicKey))).toBe('malformed')
  })

  it('other spellings of a vkey are refused', () => {
    const vkey = encodeVkey(logKey)
    for (const other of [
      `${vkey}=`,
      vkey.replace('+', '++'),
      `${vkey}\n`,
      ` ${vkey}`,
      vkey.toUpperCase(),
      '',
      '++',
      'a+b',
    ])
      expect(refusal(() => parseVkey(other))).not.toBe('accepted')
  })

  it('a key signs only what its type says', () => {
    expect(refusal(() => noteVerifier(witnessKey))).toBe('malformed')
    expect(refusal(() => cosignatureVerifier(logKey))).toBe('malformed')
    expect(refusal(() => verifierOf(encodeVkey({ ...noteKey('x', 2, logKey.publicKey) })))).toBe('malformed')
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
    expect(refusal(() => rawPublicKey(rsa))).toBe('malformed')
  })
})

describe('weak public keys', () => {
  const P = 2n ** 255n - 19n
  const modulo = (n: bigint): bigint => ((n % P) + P) % P
  const power = (base: bigint, exponent: bigint): bigint => {
    let [out, b] = [1n, modulo(base)]
    for (let e = exponent; e > 0n; e >>= 1n, b = (b * b) % P) if (e & 1n) out = (out * b) % P
    return out
  }
  const inverse = (n: bigint): bigint => power(n, P - 2n)
  const D = modulo(-121665n * inverse(121666n))
  type Point = { x: bigint; y: bigint }
  const add = (a: Point, b: Point): Point => {
    const k = modulo(D * a.x * b.x * a.y * b.y)
    return {
      x: modulo((a.x * b.y + b.x * a.y) * inverse(1n + k)),
      y: modulo((a.y * b.y + a.x * b.x) * inverse(modulo(1n - k))),
    }
  }
  /** RFC 8032 §5.1.3 without the sign; null when no point has that y. */
  const pointAt = (y: bigint): Point | null => {
    const square = modulo((y * y - 1n) * inverse(modulo(D * y * y + 1n)))
    const candidate = power(square, (P + 3n) / 8n)
    const x = [candidate, modulo(candidate * power(2n, (P - 1n) / 4n))].find((r) => modulo(r * r) === square)
    return x === undefined ? null : { x, y }
  }
  const bytesOf = (n: bigint): Buffer => Buffer.from(n.toString(16).padStart(64, '0'), 'hex').reverse()
  const lowOrder = (point: Point): boolean => {
    let eight = point
    for (let k = 0; k < 3; k++) eight = add(eight, eight)
    return eight.x === 0n && eight.y === 1n
  }

  it('exactly the points of low order and other spellings are refused', () => {
    const ys = [0n, 1n, P - 1n, BigInt('0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826')]
    ys.push(P - (ys[3] ?? 0n))
    for (const y of ys) {
      const point = pointAt(y)
      expect(point && lowOrder(point)).toBe(true)
      expect(isWeakKey(bytesOf(y))).toBe(true)
      expect(isWeakKey(bytesOf(y | (1n << 255n)))).toBe(true)
      expect(refusal(() => noteKey('x', ED25519, bytesOf(y)))).toBe('weak_key')
    }
    for (let y = P; y < 2n ** 255n; y++) expect(isWeakKey(bytesOf(y))).toBe(true)
    // All eight points of the small subgroup are these: four with x = 0 or y = 0, four more.
    const points = ys.map(pointAt).flatMap((point) => (point ? [point, { x: modulo(-point.x), y: point.y }] : []))
    expect(new Set(points.map(({ x, y }) => `${x} ${y}`)).size).toBe(8)
    for (const y of [2n, 3n, 4n]) {
      const point = pointAt(y)
      expect(isWeakKey(bytesOf(y))).toBe(point !== null && lowOrder(point))
    }
    expect(isWeakKey(logKey.publicKey)).toBe(false)
  })
})

describe('notes', () => {
  it('what is signed is everything up to the last empty line', () => {
    const text = 'a\n\n— example.com/log/2026 AAAA\n\nb\n'
    const long = signNote(text, nameOfLog, logSecret)
    expect(openNote(long, [log]).text).toBe(text)
    expect(parseNote(long).signatures).toHaveLength(1)
  })

  it('signatures of unknown keys are ignored; of a known one, all must verify', () => {
    const other = keyOf(3)
    const otherKey = noteKey(nameOfLog, ED25519, rawPublicKey(other))
    const strange = signatureLine(noteKey('x.example', 0xff, rawPublicKey(other)), Buffer.alloc(200, 7))
    expect(openNote(note + strange, [log]).signed).toHaveLength(1)
    const sameName = note + signatureLine(otherKey, Buffer.alloc(64))
    expect(openNote(sameName, [log]).signed).toHaveLength(1)
    expect(refusal(() => openNote(sameName, [log, noteVerifier(otherKey)]))).toBe('wrong_signature')
    expect(refusal(() => openNote(note + signatureLine(logKey, Buffer.alloc(64)), [log]))).toBe('wrong_signature')
    expect(refusal(() => openNote(note, [noteVerifier(otherKey)]))).toBe('not_signed')
    expect(refusal(() => openNote(note, []))).toBe('not_signed')
  })

  it('a key name is compared as text, not as a pattern', () => {
    const dotted = noteKey('a.b', ED25519, logKey.publicKey)
    const line = signatureLine({ ...dotted, name: 'aXb' }, Buffer.alloc(64))
    expect(refusal(() => openNote(`text\n\n${line}`, [noteVerifier(dotted)]))).toBe('not_signed')
  })

  it('other forms are malformed', () => {
    const [, base64 = ''] = /(\S+)\n$/.exec(note) ?? []
    const forms = [
      '',
      '\n\n',
      text,
      note.slice(0, -1),
      `${note}\n`,
      note.replace('\u2014', '-'),
      note.replace('\u2014 ', '\u2014  '),
      note.replaceAll('\n', '\r\n'),
      note.replace(base64, base64.replace(/=*$/, '')),
      note.replace(base64, `${base64}=`),
      note.replace(base64, base64.replace(/[+/]/, '-')),
      note.replace(base64, 'AAAAAA=='),
      note.replace('example', 'exam\u0001ple'),
      note + `\u2014 x AAAAAAA\n`.repeat(100),
      `\ud800${note}`,
    ]
    const taken = forms.filter((form) => refusal(() => openNote(form, [log])) === 'accepted')
    expect(taken).toEqual([])
    expect(refusal(() => parseNote(Buffer.from([0xff, 0x0a, 0x0a])))).toBe('malformed')
    expect(refusal(() => parseNote('x'.repeat(1_000_001)))).toBe('malformed')
    expect(refusal(() => signNote('no newline', nameOfLog, logSecret))).toBe('malformed')
  })

  it('any text is read back as it was signed, or cannot be signed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (line) => {
        let made: string
        try {
          made = signNote(`${line}\n`, nameOfLog, logSecret)
        } catch (e) {
          expect(e).toBeInstanceOf(LogError)
          return
        }
        expect(openNote(Buffer.from(made), [log]).text).toBe(`${line}\n`)
      }),
    )
  })

  it('anything is read or refused as malformed', () => {
    const near = fc.string({ unit: fc.constantFrom('\n', '\u2014', ' ', '+', 'A', '=', '0', 'index ', '\u0000') })
    fc.assert(
      fc.property(fc.oneof(near, fc.uint8Array()), (input) => {
        for (const read of [parseNote, parseTlogProof])
          expect(['accepted', 'malformed']).toContain(refusal(() => read(input)))
        if (typeof input !== 'string') return
        for (const read of [parseVkey, parseCheckpoint, parsePolicy])
          expect(['malformed', 'weak_key']).toContain(refusal(() => read(input)))
      }),
    )
  })
})

describe('checkpoints', () => {
  it('are read back', () => {
    fc.assert(
      fc.property(
        fc.record({
          origin: fc.string({ minLength: 1 }),
          size: fc.maxSafeNat(),
          root: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
        }),
        (checkpoint: Checkpoint) => {
          expect(parseCheckpoint(encodeCheckpoint(checkpoint))).toEqual(checkpoint)
        },
      ),
    )
  })

  it('of other forms are malformed', () => {
    const root = emptyRoot.toString('base64')
    const forms = [
      `o\n0\n${root}`,
      `o\n0\n${root}\n\n`,
      `o\n0\n${root}\nextension\n`,
      `\n0\n${root}\n`,
      `o\n00\n${root}\n`,
      `o\n+1\n${root}\n`,
      `o\n1e3\n${root}\n`,
      `o\n9007199254740992\n${root}\n`,
      `o\n99999999999999999999\n${root}\n`,
      `o\n\n${root}\n`,
      `o\n0\n${root.slice(0, 40)}\n`,
      `o\n0\n${root.replace('=', '')}\n`,
      `o\n0\n${root.replace('U=', 'V=')}\n`,
      `o\r\n0\n${root}\n`,
    ]
    for (const form of forms) expect(refusal(() => parseCheckpoint(form))).toBe('malformed')
    expect(decodeNumber('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('count only when the log of that origin signed them', () => {
    expect(openCheckpoint(cosigned, [log], [witness]).signed.map(({ time }) => time)).toEqual([null, 1_700_000_000])
    expect(openCheckpoint(cosigned, [log]).signed).toHaveLength(1)
    expect(refusal(() => openCheckpoint(cosigned, [], [witness]))).toBe('not_signed')
    const elsewhere = noteVerifier(noteKey('example.com/other', ED25519, logKey.publicKey))
    const borrowed = signNote(text, 'example.com/other', logSecret)
    expect(refusal(() => openCheckpoint(borrowed, [elsewhere]))).toBe('not_signed')
  })

  it('each bit of a cosigned checkpoint counts, in the text and in both signatures', () => {
    for (const changed of flips(cosigned)) {
      let signers = 0
      try {
        signers = openCheckpoint(changed, [log], [witness]).signed.length
      } catch (e) {
        expect(e).toBeInstanceOf(LogError)
      }
      expect(signers).toBeLessThan(2)
    }
  })

  it('a cosignature counts for its text and time only', () => {
    const [, line = ''] = cosigned.split('\n\n')
    const cosignature = line.split('\n').at(-2) ?? ''
    const later = signNote(encodeCheckpoint({ origin: nameOfLog, size: 2, root: emptyRoot }), nameOfLog, logSecret)
    expect(refusal(() => openNote(`${later}${cosignature}\n`, [witness]))).toBe('wrong_signature')
    const asNote = signatureLine(witnessKey, Buffer.alloc(64))
    expect(refusal(() => openNote(`${text}\n${asNote}`, [witness]))).toBe('wrong_signature')
    const far = signatureLine(witnessKey, Buffer.alloc(72, 255))
    expect(refusal(() => openNote(`${text}\n${far}`, [witness]))).toBe('wrong_signature')
  })
})

describe('proofs of inclusion', () => {
  const proof = encodeTlogProof({ index: 0, hashes: [], checkpoint: note })

  it('are read and verified', () => {
    expect(verifyTlogProof(proof, entry, { logs: [log] })).toMatchObject({ index: 0, checkpoint: { size: 1 } })
    const withWitness = encodeTlogProof({ index: 0, hashes: [], checkpoint: cosigned })
    const { signed } = verifyTlogProof(withWitness, entry, { logs: [log], witnesses: [witness] })
    expect(signed).toHaveLength(2)
    expect(refusal(() => verifyTlogProof(proof, Buffer.from('another'), { logs: [log] }))).toBe('wrong_hash')
    expect(refusal(() => verifyTlogProof(proof, entry, { logs: [] }))).toBe('not_signed')
  })

  it('each of their bits counts', () => {
    const leaves = Array.from({ length: 2 }, (_, k) => leafHash(Buffer.of(k)))
    const [first, second] = leaves as [Buffer, Buffer]
    const two = signNote(
      encodeCheckpoint({ origin: nameOfLog, size: 2, root: nodeHash(first, second) }),
      nameOfLog,
      logSecret,
    )
    const made = encodeTlogProof({ index: 1, hashes: [first], checkpoint: two })
    expect(verifyTlogProof(made, Buffer.of(1), { logs: [log] }).index).toBe(1)
    for (const changed of flips(made))
      expect(refusal(() => verifyTlogProof(changed, Buffer.of(1), { logs: [log] }))).not.toBe('accepted')
  })

  it('of other forms are malformed', () => {
    const forms = [
      proof.replace('@v1', '@v2'),
      proof.replace('index 0', 'index 00'),
      proof.replace('index 0', 'index -1'),
      proof.replace('index 0', 'index  0'),
      proof.replace('index 0\n', ''),
      proof.replace('index 0', 'extra AAAA\nindex 0'),
      proof.replace('index 0\n', 'index 0\nAAAA\n'),
      proof.replace('index 0\n', `index 0\n${`${emptyRoot.toString('base64')}\n`.repeat(64)}`),
      proof.slice(0, proof.indexOf('\n\n')),
      `\n${proof}`,
    ]
    for (const form of forms) expect(refusal(() => parseTlogProof(form))).toBe('malformed')
  })
})

describe('policies', () => {
  const vkeys = Array.from({ length: 4 }, (_, k) => {
    const publicKey = rawPublicKey(createPublicKey(keyOf(10 + k)))
    return encodeVkey(noteKey(`witness.example/${k}`, COSIGNATURE, publicKey))
  })
  const witnesses = vkeys.map((vkey, k) => `witness W${k} ${vkey}`).join('\n')
  const signedBy = (...which: number[]) => which.map((k) => ({ key: parseVkey(vkeys[k] as string), time: 1 }))

  it('the quorum follows groups of groups', () => {
    const policy = parsePolicy(
      `# a comment\nlog ${encodeVkey(logKey)} https://log.example/\n\n${witnesses}\n` +
        `group X 2 W0 W1 W2\n\tgroup Y any W3\ngroup both all X Y\nquorum both\n`,
    )
    expect(policy.logs).toHaveLength(1)
    expect(policy.witnesses).toHaveLength(4)
    expect(policy.hasQuorum(signedBy(0, 1, 3))).toBe(true)
    expect(policy.hasQuorum(signedBy(0, 0, 3))).toBe(false)
    expect(policy.hasQuorum(signedBy(0, 1, 2))).toBe(false)
    expect(policy.hasQuorum([])).toBe(false)
    expect(parsePolicy('quorum none\n').hasQuorum([])).toBe(true)
    expect(parsePolicy(`${witnesses}\nquorum W1\n`).hasQuorum(signedBy(1))).toBe(true)
  })

  it('other forms are malformed', () => {
    const forms = [
      '',
      'quorum\n',
      'quorum x\n',
      'quorum none\nquorum none\n',
      'quorum none more\n',
      'something else\n',
      `${witnesses}\n${witnesses}\nquorum none\n`,
      `log ${vkeys[0]}\nquorum none\n`,
      `witness W ${encodeVkey(logKey)}\nquorum none\n`,
      `witness none ${vkeys[0]}\nquorum none\n`,
      `${witnesses}\ngroup g 0 W0\nquorum g\n`,
      `${witnesses}\ngroup g 3 W0 W1\nquorum g\n`,
      `${witnesses}\ngroup g all\nquorum g\n`,
      `${witnesses}\ngroup g any W0\ngroup h any W0\nquorum g\n`,
      `${witnesses}\ngroup g any W0 W0\nquorum g\n`,
      `${witnesses}\ngroup g any h\ngroup h any W0\nquorum g\n`,
      `${witnesses}\ngroup W0 any W1\nquorum none\n`,
      'quorum none\r\n',
    ]
    for (const form of forms) expect(refusal(() => parsePolicy(form))).toBe('malformed')
  })
})

it('a raw public key becomes the key it was', () => {
  expect(rawPublicKey(keyObject(logKey.publicKey)).equals(logKey.publicKey)).toBe(true)
})
