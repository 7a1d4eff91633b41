import { Secret, TOTP } from 'otpauth'
import { toString as qrToString } from 'qrcode'

const PERIOD = 30
const ISSUER = 'Verbale'

/** A new authenticator secret (160 bits, RFC 4226 §4) with what an app needs to take it in. */
export async function newTotp(account: string): Promise<{ secret: string; uri: string; qrSvg: string }> {
  const totp = new TOTP({ issuer: ISSUER, label: account, secret: new Secret({ size: 20 }), period: PERIOD })
  const uri = totp.toString()
  return { secret: totp.secret.base32, uri, qrSvg: await qrToString(uri, { type: 'svg', margin: 1 }) }
}

/** The time step a code belongs to, at most one step off (RFC 6238 §5.2), or null when it is wrong. */
export function totpStep(secret: string, code: string, nowMs: number): number | null {
  const delta = TOTP.validate({
    token: code,
    secret: Secret.fromBase32(secret),
    period: PERIOD,
    timestamp: nowMs,
    window: 1,
  })
  return delta === null ? null : TOTP.counter({ period: PERIOD, timestamp: nowMs }) + delta
}
