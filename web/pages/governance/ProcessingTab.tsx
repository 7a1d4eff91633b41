import { useTranslation } from 'react-i18next'
import type { ProcessingActivity, ProcessingRegister } from '../../../contract/models/accountability.ts'
import { base } from '../../api.ts'
import { currentLocale } from '../../i18n.ts'
import { DataTable, type Column } from '../../kit/DataTable.tsx'
import { useFormat } from '../../kit/format.ts'
import { Section } from '../../kit/Page.tsx'
import { Notice, Ready, Tag } from '../../kit/states.tsx'
import { useApi } from '../../queries.ts'
import { Downloads } from './Downloads.tsx'

const address = (language: string): string => `${base}/accountability/processing/document?language=${language}`

/** The register of processing, as the law wants it kept: made from what is in force, to be read, signed and handed over. */
export const ProcessingTab = () => {
  const { t } = useTranslation()
  const register = useApi('GET /accountability/processing')
  return <Ready query={register}>{(made) => <Register made={made} lead={t('governance.processing.lead')} />}</Ready>
}

const Register = ({ made, lead }: { made: ProcessingRegister; lead: string }) => {
  const { t } = useTranslation()
  return (
    <Section
      title={t('governance.processing.title')}
      lead={lead}
      actions={<Downloads address={address} json={{ name: 'processing-register.json', content: made }} />}
    >
      {made.missing.length > 0 && (
        <Notice tone="warn" title={t('governance.processing.missing')}>
          {made.missing.map((fact) => t(`governance.processing.facts.${fact}`)).join(', ')}
        </Notice>
      )}
      <Activities rows={made.activities} />
    </Section>
  )
}

const Activities = ({ rows }: { rows: ProcessingActivity[] }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const locale = currentLocale()
  const columns: Column<ProcessingActivity>[] = [
    {
      key: 'purpose',
      header: t('governance.processing.purpose'),
      main: true,
      cell: (a) => (
        <>
          {a.name[locale]} {!a.active && <Tag>{t('governance.processing.off')}</Tag>}
        </>
      ),
    },
    { key: 'basis', header: t('governance.processing.basis'), cell: (a) => t(`policy.basis.${a.legalBasis}`) },
    {
      key: 'recipients',
      header: t('governance.processing.recipients'),
      cell: (a) => format.list(a.recipients.map((role) => t(`people.roles.${role as 'agent'}`))) || '–',
    },
    {
      key: 'keep',
      header: t('governance.processing.keep'),
      cell: ({ keep }) =>
        'months' in keep
          ? t('governance.processing.months', { count: keep.months })
          : t('governance.processing.days', { count: keep.days }),
    },
    {
      key: 'held',
      header: t('governance.processing.held'),
      kind: 'end',
      cell: ({ held }) => format.number(held.terms),
    },
    {
      key: 'first',
      header: t('governance.processing.first'),
      cell: ({ held }) => (held.firstDay ? format.day(held.firstDay) : '–'),
    },
  ]
  return (
    <DataTable caption={t('governance.processing.title')} columns={columns} rows={rows} rowKey={(a) => a.purpose} />
  )
}
