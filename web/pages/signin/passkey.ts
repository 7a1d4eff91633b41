import { ApiProblem, api } from '../../api.ts'
import type { Reply } from '../../api.ts'

/** Whether this browser, at this address, can use passkeys: they need TLS or localhost. */
export const passkeysWork = (): boolean => globalThis.isSecureContext && 'PublicKeyCredential' in globalThis

const cancelled = (cause: unknown): ApiProblem => {
  if (cause instanceof ApiProblem) return cause
  const name = cause instanceof Error ? cause.name : 'unknown'
  return new ApiProblem({
    code: name === 'InvalidStateError' ? 'passkey_known' : 'passkey_cancelled',
    status: 0,
    detail: name,
  })
}

type RegistrationOptions = Parameters<typeof import('@simplewebauthn/browser').startRegistration>[0]['optionsJSON']
type SignInOptions = Parameters<typeof import('@simplewebauthn/browser').startAuthentication>[0]['optionsJSON']

/** Adds a passkey under a name. Throws `ApiProblem`; `passkey_cancelled` when the person or the device gave up. */
export const addPasskey = async (name: string): Promise<Reply<'POST /me/passkeys/confirm'>> => {
  try {
    const options = (await api('POST /me/passkeys/begin')) as unknown as RegistrationOptions
    const { startRegistration } = await import('@simplewebauthn/browser')
    const response = await startRegistration({ optionsJSON: options })
    return await api('POST /me/passkeys/confirm', { body: { name, response: { ...response } } })
  } catch (cause) {
    throw cancelled(cause)
  }
}

/** Proves a passkey as second factor. Throws as `addPasskey`. */
export const provePasskey = async (): Promise<Reply<'POST /sign-in/passkey'>> => {
  try {
    const options = (await api('POST /sign-in/passkey/options')) as unknown as SignInOptions
    const { startAuthentication } = await import('@simplewebauthn/browser')
    const response = await startAuthentication({ optionsJSON: options })
    return await api('POST /sign-in/passkey', { body: { ...response } })
  } catch (cause) {
    throw cancelled(cause)
  }
}
