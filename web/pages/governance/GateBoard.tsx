import { useTranslation } from 'react-i18next'
import type { Agreement } from '../../../contract/models/agreements.ts'
import { useFormat } from '../../kit/format.ts'
import { Section } from '../../kit/Page.tsx'
import { Notice, Ready, Tag, type Tone } from '../../kit/states.tsx'
import { useApi } from '../../queries.ts'
import { type Standing, standingsOf } from './gates.ts'
import styles from './governance.module.css'
import { capital, useNames } from './names.ts'

/** Countries somebody works in or answers from; Italy and France while nobody has said. */
const useCountries = (): string[] => {
  const controller = useApi('GET /organisation').data?.organisation?.country
  const teams = useApi('GET /teams').data?.items ?? []
  const people = useApi('GET /people').data?.items ?? []
  const said = [controller, ...teams.map(({ country }) => country), ...people.map(({ country }) => country)]
  const countries = [...new Set(said)].filter((country) => typeof country === 'string').toSorted()
  return countries.length > 0 ? countries : ['IT', 'FR']
}

/** What the activation gate lets through in each country that matters here, and which documents it waits for. */
export const GateBoard = ({ agreements }: { agreements: Agreement[] }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const organisation = useApi('GET /organisation').data
  const table = useApi('GET /jurisdictions')
  const countries = useCountries()
  return (
    <Section title={t('governance.agreements.gateTitle')} lead={t('governance.agreements.gateLead')}>
      {organisation && !organisation.organisation?.country && (
        <Notice tone="warn">{t('governance.agreements.noController')}</Notice>
      )}
      <Ready query={table}>
        {({ rows }) => (
          <div className={styles.gates}>
            {countries.map((country) => {
              const row = rows.find(({ code }) => code === country)
              return (
                <section key={country} className={styles.gate}>
                  <h3>{format.country(country)}</h3>
                  {row && row.gates.length > 0 ? (
                    <ul className={styles.plain}>
                      {standingsOf(row, agreements).map((standing) => (
                        <StandingLine key={standing.features.join()} standing={standing} />
                      ))}
                    </ul>
                  ) : (
                    <p className="quiet small">{t('governance.agreements.nothingAsked')}</p>
                  )}
                </section>
              )
            })}
          </div>
        )}
      </Ready>
    </Section>
  )
}

const looks: Record<Standing['state'], { tone: Tone; word: 'open' | 'someTeams' | 'locked' }> = {
  open: { tone: 'good', word: 'open' },
  not_asked: { tone: 'good', word: 'open' },
  teams: { tone: 'accent', word: 'someTeams' },
  locked: { tone: 'warn', word: 'locked' },
}

const StandingLine = ({ standing: { state, features, missing, teams } }: { standing: Standing }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const names = useNames()
  return (
    <li>
      <Tag tone={looks[state].tone}>{t(`governance.agreements.${looks[state].word}`)}</Tag>
      <ul className={styles.features}>
        {features.map((feature) => (
          <li key={feature}>{names.feature(feature)}</li>
        ))}
      </ul>
      {state === 'not_asked' && <p className="quiet small">{t('governance.agreements.nothingAsked')}</p>}
      {teams.length > 0 && (
        <p className="small">{t('governance.agreements.openFor', { teams: format.list(teams.map(names.team)) })}</p>
      )}
      {missing.length > 0 && (
        <div className="small">
          {t('governance.agreements.missing')}
          <ul className={styles.missing}>
            {missing.map((kinds) => (
              <li key={kinds.join()}>{capital(format.either(kinds.map((kind) => t(`calls.agreement.${kind}`))))}</li>
            ))}
          </ul>
        </div>
      )}
    </li>
  )
}
