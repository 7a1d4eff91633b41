import { Button } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Agreement } from '../../../contract/models/agreements.ts'
import { IconContract, IconPlus } from '../../kit/icons.tsx'
import { Section } from '../../kit/Page.tsx'
import { Empty, Ready } from '../../kit/states.tsx'
import { useApi, useMay } from '../../queries.ts'
import { AgreementTable } from './AgreementTable.tsx'
import { GateBoard } from './GateBoard.tsx'
import { RegisterDrawer } from './RegisterDrawer.tsx'
import { RevokeDialog } from './RevokeDialog.tsx'

/** What workers' agreements and notices open, and where they are registered and revoked. */
export const AgreementsTab = () => {
  const { t } = useTranslation()
  const agreements = useApi('GET /agreements')
  const mayWrite = useMay('governance.write')
  const [adding, setAdding] = useState(false)
  const [revoking, setRevoking] = useState<Agreement | null>(null)
  const add = mayWrite && (
    <Button leftSection={<IconPlus />} onClick={() => setAdding(true)}>
      {t('governance.agreements.add')}
    </Button>
  )
  return (
    <>
      <Ready query={agreements}>
        {({ items }) => (
          <>
            <GateBoard agreements={items} />
            <Section title={t('governance.agreements.title')} actions={items.length > 0 && add}>
              {items.length === 0 ? (
                <Empty icon={<IconContract size={26} />} title={t('governance.agreements.empty')} action={add}>
                  {t('governance.agreements.emptyHelp')}
                </Empty>
              ) : (
                <AgreementTable agreements={items} onRevoke={mayWrite ? setRevoking : null} />
              )}
            </Section>
          </>
        )}
      </Ready>
      {adding && <RegisterDrawer onClose={() => setAdding(false)} />}
      {revoking && <RevokeDialog agreement={revoking} onClose={() => setRevoking(null)} />}
    </>
  )
}
