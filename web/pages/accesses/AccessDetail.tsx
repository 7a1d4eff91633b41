import { Drawer } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { AccessRecord } from '../../../contract/models/calls.ts'
import { type T, textOf } from '../../i18n.ts'
import { usePurposeName } from '../../purposes.ts'
import { useFormat } from '../../kit/format.ts'
import styles from './accesses.module.css'

/** Who was given something: a person by name, a caller, or a program. */
export const whoOf = (record: AccessRecord, t: T): string =>
  record.actorName ?? (record.actorRole === 'caller' ? t('calls.byWhom.caller') : t('accesses.token'))

/** What a role is called; that of something newer than this page stays as the server wrote it. */
const roleOf = ({ actorRole }: AccessRecord, t: T): string =>
  actorRole === 'caller' ? t('calls.byWhom.caller') : (textOf(t, `people.roles.${actorRole}`) ?? actorRole)

/** One record with everything that was written of it. */
export const AccessDetail = ({ record, onClose }: { record: AccessRecord; onClose: () => void }) => {
  const { t } = useTranslation()
  const sections = [useAsked(record), useGiven(record), useChain(record)]
  return (
    <Drawer opened onClose={onClose} title={t('accesses.record')}>
      {sections.map(({ title, facts }) => (
        <section key={title} className={styles.part}>
          <h3>{title}</h3>
          <dl>
            {facts.map(([name, value, kind]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value && kind === 'code' ? <code>{value}</code> : (value ?? '–')}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Drawer>
  )
}

/** A name and its value; null: there is none. `code` is for machines. */
type Fact = [name: string, value: string | null, kind?: 'code']
type Part = { title: string; facts: Fact[] }

function useAsked(r: AccessRecord): Part {
  const { t } = useTranslation()
  const format = useFormat()
  const purposeName = usePurposeName()
  return {
    title: t('accesses.asked'),
    facts: [
      [t('accesses.who'), whoOf(r, t)],
      [t('accesses.role'), roleOf(r, t)],
      [t('accesses.when'), format.dateTime(r.at)],
      [t('accesses.wayIn'), r.authMethod && t(`accesses.waysIn.${r.authMethod}`)],
      [t('accesses.session'), r.session, 'code'],
      [t('accesses.purpose'), r.purpose && purposeName(r.purpose)],
      [t('accesses.purposeIri'), r.purposeIri],
      [t('accesses.basis'), r.legalBasis && t(`policy.basisNames.${r.legalBasis}`)],
      [t('accesses.reason'), r.reason || null],
      [t('accesses.case'), r.caseRef],
      [t('accesses.approver'), r.approverId ?? t('accesses.noApprover')],
    ],
  }
}

function useGiven(r: AccessRecord): Part {
  const { t } = useTranslation()
  const format = useFormat()
  const span = r.fromMs !== null && r.toMs !== null && `${format.clock(r.fromMs)} – ${format.clock(r.toMs)}`
  const part = r.segment === 0 ? t('calls.wholeCall') : t('accesses.contract', { n: r.segment })
  return {
    title: t('accesses.given'),
    facts: [
      [t('accesses.outcome'), t(`accesses.${r.outcome}`)],
      ...(r.refusal ? [[t('accesses.refusal'), r.refusal] as Fact] : []),
      [t('accesses.part'), r.segment === null ? null : part],
      [t('accesses.redaction'), r.redaction && t(`accesses.redactions.${r.redaction}`)],
      [t('accesses.span'), span || null],
      [t('accesses.heard'), r.servedMs > 0 ? format.clock(r.servedMs) : null],
      [t('accesses.rendition'), r.renditionId, 'code'],
    ],
  }
}

function useChain(r: AccessRecord): Part {
  const { t } = useTranslation()
  const format = useFormat()
  return {
    title: t('accesses.chain'),
    facts: [
      [t('accesses.number'), r.number === null ? t('accesses.beforeChain') : format.number(r.number)],
      [t('accesses.hash'), r.hash, 'code'],
      [t('accesses.prevHash'), r.prevHash, 'code'],
    ],
  }
}
