import { useTranslation } from 'react-i18next'
import type { Reply } from '../../api.ts'
import { ShowOnce } from '../../kit/copy.tsx'
import { fullAddress } from './address.ts'

export type Made = Reply<'POST /sources/credentials'> & { own: boolean; addresses: string[] }

/** Protocols whose platforms put the key into the address. */
const keyInAddress = ['twilio', 'stream']

/** The key and secret of a new credential; the secret is not shown when the person brought it. */
export const NewCredential = ({ made, onClose }: { made: Made | null; onClose: () => void }) => {
  const { t } = useTranslation()
  const { credential, secret = '', own = false, addresses = [] } = made ?? {}
  const [address] = addresses
  const inAddress = credential && address && keyInAddress.includes(credential.protocol)
  const fields = [
    ...(inAddress
      ? [
          {
            label: t('sources.fullAddress'),
            value: `${fullAddress(address).replace(/\/$/, '')}/${encodeURIComponent(credential.keyId)}`,
          },
        ]
      : []),
    { label: t('sources.keyId'), value: credential?.keyId ?? '' },
    ...(own ? [] : [{ label: t('sources.secret'), value: secret }]),
  ]
  return (
    <ShowOnce opened={made !== null} title={t('sources.credentialMade')} fields={fields} onClose={onClose}>
      {t('sources.credentialMadeHelp')}
    </ShowOnce>
  )
}
