import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Certificate, Term } from '../../../../contract/models/terms.ts'
import type { T } from '../../../i18n.ts'
import { useFormat, type Formats } from '../../../kit/format.ts'
import { IconDownload } from '../../../kit/icons.tsx'
import { Section } from '../../../kit/Page.tsx'
import { saveJson } from '../../../kit/save.ts'
import styles from '../../retention/retention.module.css'
import { usePurposeName } from '../../../purposes.ts'
import { segmentWords } from '../parts.tsx'
import { samePart } from './kept.ts'

/** The certificate of destruction in words, and as the document it is. */
export const CertificateSection = ({ certificate, terms }: { certificate: Certificate; terms: Term[] }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const purposeName = usePurposeName()
  const save = (
    <Button
      variant="default"
      leftSection={<IconDownload />}
      onClick={() => saveJson(`${certificate.callId}.certificate.json`, certificate)}
    >
      {t('retention.certificate.save')}
    </Button>
  )
  const inWords = (ended: Certificate['terms'][number]): string => {
    const term = terms.find((one) => samePart(one, ended))
    return t('retention.certificate.term', {
      purpose: purposeName(ended.purpose),
      part: segmentWords({ fromMs: null, toMs: null, ...term, segment: ended.segment }, t, format),
      when: format.dateTime(ended.endedAt),
      reason: t(`retention.call.because.${ended.reason}`),
      day: format.day(ended.lastDay),
    })
  }
  const things = thingsErased(certificate, t, format)
  return (
    <Section
      title={t('retention.certificate.title')}
      lead={t('retention.certificate.lead', { when: format.dateTime(certificate.at) })}
      actions={save}
    >
      <ul className={styles.list}>
        {certificate.terms.map((ended) => (
          <li key={`${ended.purpose}${ended.segment}`}>{inWords(ended)}</li>
        ))}
        {things.length > 0 && <li>{t('retention.certificate.erased', { things: format.list(things) })}</li>}
        <li>{t('retention.certificate.method')}</li>
        <li>{t('retention.certificate.copies', { day: format.day(certificate.keystoreCopiesEnd) })}</li>
      </ul>
    </Section>
  )
}

const known = ['card', 'legs', 'marks'] as const

/** What the rooms destroyed with the keys; the name of something newer than this page stays as the server wrote it. */
const thingsErased = ({ receipts }: Certificate, t: T, { number }: Formats): string[] =>
  receipts.flatMap(({ erased }) =>
    Object.entries(erased).flatMap(([name, count]) => {
      const word = known.find((one) => one === name)
      if (count === 0) return []
      return word
        ? t(`retention.certificate.things.${word}`, { count })
        : t('retention.certificate.things.other', { name, n: number(count) })
    }),
  )
