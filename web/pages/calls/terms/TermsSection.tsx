import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallDetail } from '../../../../contract/models/calls.ts'
import type { CallTerms, Hold } from '../../../../contract/models/terms.ts'
import { useFormat } from '../../../kit/format.ts'
import { IconLock } from '../../../kit/icons.tsx'
import { Section } from '../../../kit/Page.tsx'
import { Notice, Ready } from '../../../kit/states.tsx'
import { useApi, useMay } from '../../../queries.ts'
import styles from '../../retention/retention.module.css'
import { CertificateSection } from './CertificateSection.tsx'
import { EndTerm } from './EndTerm.tsx'
import { HoldCall } from './HoldCall.tsx'
import { isHeld, type Kept, keptOf } from './kept.ts'
import { TermTable } from './TermTable.tsx'

/** What the call is kept for, under which basis, until when; the holds on it; of a destroyed call, the certificate. */
export const TermsSection = ({ call }: { call: CallDetail }) => {
  const query = useApi('GET /calls/:callId/terms', { params: { callId: call.id } })
  return (
    <Ready query={query}>
      {(terms) => (
        <>
          {terms.certificate && <CertificateSection certificate={terms.certificate} terms={terms.terms} />}
          <Terms call={call} {...terms} />
        </>
      )}
    </Ready>
  )
}

const Terms = ({ call, terms, holds: holdIds }: CallTerms & { call: CallDetail }) => {
  const { t } = useTranslation()
  const mayRead = useMay('governance.read')
  const mayAct = useMay('governance.write')
  const holds = useApi('GET /holds', undefined, { enabled: mayRead && holdIds.length > 0 }).data?.items
  const [ending, setEnding] = useState<Kept | null>(null)
  const [holding, setHolding] = useState(false)
  const kept = keptOf(terms, call.renditions)
  if (kept.length === 0) return null
  const alive = terms.some((term) => term.state === 'live')
  const hold = mayAct && alive && (
    <Button variant="default" leftSection={<IconLock />} onClick={() => setHolding(true)}>
      {t('retention.call.placeHold')}
    </Button>
  )
  return (
    <Section title={t('retention.call.title')} lead={t('calls.purposesLead')} actions={hold}>
      {holdIds.length > 0 && <UnderHold holds={holds?.filter((h) => holdIds.includes(h.id))} linked={mayRead} />}
      <TermTable
        kept={kept}
        held={(part) => isHeld(part, holdIds, holds)}
        onEnd={mayAct && alive && call.state !== 'live' ? setEnding : null}
      />
      {ending && <EndTerm {...{ call, kept, ending }} onClose={() => setEnding(null)} />}
      {holding && <HoldCall {...{ call, kept }} onClose={() => setHolding(false)} />}
    </Section>
  )
}

/** Who placed the holds and why, for those who may read it; for everybody that nothing can be destroyed. */
const UnderHold = ({ holds = [], linked }: { holds: Hold[] | undefined; linked: boolean }) => {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <Notice tone="warn" title={t('retention.call.held')}>
      <p className={styles.flat}>{t('retention.call.heldHelp')}</p>
      {holds.map((hold) => (
        <p key={hold.id} className={styles.flat}>
          {[hold.reason, hold.reference, hold.placedByName, format.date(hold.placedAt)].filter(Boolean).join(' · ')}
        </p>
      ))}
      {linked && (
        <p className={styles.flat}>
          <Link to="/retention" hash="holds">
            {t('retention.call.seeHolds')}
          </Link>
        </p>
      )}
    </Notice>
  )
}
