import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { PolicyRule, Simulation } from '../../../contract/models/policy.ts'
import { textOf } from '../../i18n.ts'
import { Empty, Notice } from '../../kit/states.tsx'
import styles from './policy.module.css'
import { nameInWords, type Names } from './words.ts'

type Props = { result: Simulation; rules: PolicyRule[]; names: Names }

/** The figures of a simulation. Calls where a person decides are counted apart, never as recorded. */
export const SimulationResult = ({ result, rules, names }: Props) => {
  const { t } = useTranslation()
  const { format } = names
  if (result.calls === 0) return <Empty title={t('policy.simulate.none')}>{t('policy.simulate.noneHelp')}</Empty>
  const rows = result.teams.map((row) => ({
    name: row.teamId ? names.team(row.teamId) : t('policy.simulate.noTeam'),
    cells: [
      format.number(row.calls),
      <>
        {format.number(row.recorded)} ({format.share(row.calls ? row.recorded / row.calls : 0)})
        <div className="quiet">
          {t('policy.simulate.minutesOf', {
            recorded: format.number(Math.round(row.recordedMinutes)),
            total: format.number(Math.round(row.minutes)),
          })}
        </div>
      </>,
      format.number(row.byPerson),
    ],
  }))
  const ruleName = (id: string | null): string => {
    const rule = rules.find((one) => one.id === id)
    return rule ? nameInWords(rule.name, t) : t('policy.simulate.noRule')
  }
  return (
    <div aria-live="polite" className={styles.outcome}>
      <Notice tone="accent">
        {t('policy.simulate.summary', {
          count: result.calls,
          changed: format.number(result.changed),
          share: format.share(result.changed / result.calls),
        })}
      </Notice>
      <Figures
        caption={t('policy.simulate.perTeam')}
        headers={[
          t('people.teamsTitle'),
          t('policy.simulate.calls'),
          t('policy.simulate.recorded'),
          t('policy.simulate.byPerson'),
        ]}
        rows={rows}
      />
      <Figures
        caption={t('policy.simulate.perPurpose')}
        headers={[t('policy.simulate.purpose'), t('policy.simulate.calls'), t('policy.simulate.minutesOnly')]}
        rows={result.purposes.map(({ purpose, calls, minutes }) => ({
          name: textOf(t, `policy.purposeNames.${purpose}`) ?? names.purpose(purpose),
          cells: [format.number(calls), format.number(minutes)],
        }))}
      />
      <Figures
        caption={t('policy.simulate.perRule')}
        headers={[t('policy.simulate.rule'), t('policy.simulate.calls'), t('policy.simulate.share')]}
        rows={result.rules.map(({ ruleId, calls }) => ({
          name: ruleName(ruleId),
          cells: [format.number(calls), format.share(calls / result.calls)],
        }))}
      />
    </div>
  )
}

type FiguresProps = { caption: string; headers: string[]; rows: { name: string; cells: ReactNode[] }[] }

const Figures = ({ caption, headers, rows }: FiguresProps) => (
  <table className={styles.figures}>
    <caption>{caption}</caption>
    <thead>
      <tr>
        {headers.map((header) => (
          <th key={header} scope="col">
            {header}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {rows.map(({ name, cells }) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          {cells.map((cell, i) => (
            <td key={headers[i + 1]}>{cell}</td>
          ))}
        </tr>
      ))}
    </tbody>
  </table>
)
