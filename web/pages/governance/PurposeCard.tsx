import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { CountryRule, PurposeEntry } from '../../../contract/models/retention.ts'
import { currentLocale } from '../../i18n.ts'
import { useFormat } from '../../kit/format.ts'
import { IconEdit } from '../../kit/icons.tsx'
import { Tag } from '../../kit/states.tsx'
import { useSpanWords } from './draft.ts'
import styles from './governance.module.css'
import { capital } from './names.ts'

type Props = { entry: PurposeEntry; changed: boolean; onEdit: (() => void) | null }

/** One purpose in the reader's language. */
export const PurposeCard = ({ entry, changed, onEdit }: Props) => {
  const { t } = useTranslation()
  const locale = currentLocale()
  return (
    <article className={styles.gate} aria-label={entry.name[locale]}>
      <header className={styles.purposeHead}>
        <h3>{entry.name[locale]}</h3>
        {!entry.active && <Tag>{t('governance.purposes.inactive')}</Tag>}
        {changed && <Tag tone="warn">{t('governance.purposes.changed')}</Tag>}
        {onEdit && (
          <Button variant="default" size="xs" leftSection={<IconEdit size={16} />} onClick={onEdit}>
            {t('common.edit')}
            <span className="visually-hidden"> {entry.name[locale]}</span>
          </Button>
        )}
      </header>
      <p>{entry.description[locale]}</p>
      <Facts entry={entry} />
    </article>
  )
}

const Facts = ({ entry }: { entry: PurposeEntry }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const words = useSpanWords()
  const law = (span: string, text: string): string => (text === '' ? span : `${span} – ${text}`)
  const facts: [string, ReactNode][] = [
    [t('governance.purposes.basis'), law(capital(t(`policy.basis.${entry.legalBasis}`)), entry.legalText)],
    [t('governance.purposes.material'), t(`governance.purposes.materials.${entry.material}`)],
    [t('governance.purposes.keep'), words(entry.keep)],
    ...(entry.audio ? [[t('governance.purposes.audio'), words(entry.audio)] as [string, ReactNode]] : []),
    [t('governance.purposes.ceiling'), law(words(entry.ceiling), entry.ceilingText)],
    [t('governance.purposes.audience'), format.list(entry.audience.map((role) => t(`people.roles.${role}`))) || '–'],
    [t('governance.purposes.ai'), entry.ai?.[currentLocale()] ?? t('governance.purposes.noAi')],
  ]
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      {entry.countries.map((rule) => (
        <div key={rule.country}>
          <dt>{format.country(rule.country)}</dt>
          <dd>
            <RuleWords rule={rule} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

const RuleWords = ({ rule }: { rule: CountryRule }) => {
  const { t } = useTranslation()
  const words = useSpanWords()
  const parts = [
    rule.keep && t('governance.purposes.ruleKeep', { span: words(rule.keep) }),
    rule.audio && t('governance.purposes.ruleAudio', { span: words(rule.audio) }),
    rule.confirmationEnds && t('governance.purposes.confirmationEnds'),
  ].filter((part) => typeof part === 'string')
  return (
    <>
      {parts.join(' · ') || t('governance.purposes.asElsewhere')}
      {rule.text && <div className="quiet small">{rule.text}</div>}
    </>
  )
}
