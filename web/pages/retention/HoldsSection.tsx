import { Button } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { IconLock } from '../../kit/icons.tsx'
import { Section } from '../../kit/Page.tsx'
import { Empty, Ready } from '../../kit/states.tsx'
import { useApi, useMay } from '../../queries.ts'
import { HoldDrawer } from './HoldDrawer.tsx'
import { HoldTable } from './HoldTable.tsx'
import styles from './retention.module.css'

/** Legal holds: what nobody may destroy until two people release it. */
export const HoldsSection = () => {
  const { t } = useTranslation()
  const holds = useApi('GET /holds', undefined, {
    refetchInterval: (found) => (found?.items.some(({ state }) => state === 'placing') ? 2000 : false),
  })
  const mayPlace = useMay('governance.write')
  const [placing, setPlacing] = useState(false)
  const place = mayPlace && (
    <Button leftSection={<IconLock />} onClick={() => setPlacing(true)}>
      {t('retention.hold.place')}
    </Button>
  )
  return (
    <div id="holds" className={styles.anchor}>
      <Section title={t('retention.hold.title')} lead={t('retention.hold.lead')} actions={place}>
        <Ready query={holds}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty icon={<IconLock size={26} />} title={t('retention.hold.empty')}>
                {t('retention.hold.emptyHelp')}
              </Empty>
            ) : (
              <HoldTable holds={items} />
            )
          }
        </Ready>
      </Section>
      {placing && <HoldDrawer onClose={() => setPlacing(false)} />}
    </div>
  )
}
