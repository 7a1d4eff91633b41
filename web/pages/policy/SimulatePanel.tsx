import { Button, Group, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PolicyRule } from '../../../contract/models/policy.ts'
import { submitting } from '../../kit/form.ts'
import { ProblemNotice } from '../../kit/states.tsx'
import { useAct } from '../../queries.ts'
import type { Staff } from './names.ts'
import styles from './policy.module.css'
import { SimulationResult } from './SimulationResult.tsx'

type Props = { rules: PolicyRule[]; isDraft: boolean; staff: Staff }

const dayMs = 86_400_000
const day = (at: number): string => {
  const date = new Date(at)
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 10)
}

/** What the rules shown would have done to past calls. */
export const SimulatePanel = ({ rules, isDraft, staff }: Props) => {
  const { t } = useTranslation()
  const [from, setFrom] = useState(() => day(Date.now() - 30 * dayMs))
  const [to, setTo] = useState(() => day(Date.now()))
  const simulate = useAct('POST /policy/simulate', { announceProblem: false })
  const backwards = from === '' || to === '' || from > to
  const send = (): void => {
    const [start, end] = [new Date(`${from}T00:00`), new Date(`${to}T23:59:59.999`)]
    simulate.mutate({ body: { rules, from: start.toISOString(), to: end.toISOString() } })
  }
  return (
    <div className={styles.panel}>
      <p className="quiet small">{isDraft ? t('policy.simulate.helpDraft') : t('policy.simulate.help')}</p>
      <form onSubmit={submitting(() => !backwards && send())}>
        <Stack gap="sm">
          <Group grow align="flex-start">
            <TextInput
              type="date"
              label={t('common.from')}
              value={from}
              onChange={(e) => setFrom(e.currentTarget.value)}
            />
            <TextInput
              type="date"
              label={t('common.to')}
              value={to}
              onChange={(e) => setTo(e.currentTarget.value)}
              error={backwards ? t('policy.simulate.backwards') : undefined}
            />
          </Group>
          <Button type="submit" disabled={backwards} loading={simulate.isPending}>
            {t('policy.simulate.run')}
          </Button>
        </Stack>
      </form>
      <ProblemNotice problem={simulate.error} />
      {simulate.data && <SimulationResult result={simulate.data} rules={rules} names={staff.names} />}
    </div>
  )
}
