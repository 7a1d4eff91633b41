/** The field of Curve25519. */
const P = 2n ** 255n - 19n

/**
 * The y coordinates of the eight points of low order (RFC 7748 §6.1 warns of them; RFC 8032 §5.1 gives the curve): for such a
 * public key some signature verifies under almost any message. Little-endian hex, the sign bit clear.
 */
const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]

/** Whether an Ed25519 public key (32 bytes) is a point of low order, or not written as RFC 8032 §5.1.2 wants it (y ≥ p). */
export function isWeakKey(publicKey: Buffer): boolean {
  const y = Buffer.from(publicKey)
  y[31] = (y[31] ?? 0) & 0x7f
  const canonical = BigInt(`0x${Buffer.from(y).reverse().toString('hex')}`) < P
  return !canonical || LOW_ORDER.includes(y.toString('hex'))
}
