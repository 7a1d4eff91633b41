import { Button, Group, Select, Stack, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { RightsRequest } from '../../../contract/models/rights.ts'
import { submitting } from '../../kit/form.ts'
import { ProblemNotice } from '../../kit/states.tsx'
import { useAct } from '../../queries.ts'
import { refreshed, Step } from './parts.tsx'

const articles = ['12(5)', '12(6)', '15(4)', '17(3)(b)', '17(3)(e)', '20(1)', '21(1)'] as const
type Decision = NonNullable<RightsRequest['decision']>

/** Ends a request with what was done. */
export const Close = ({ request }: { request: RightsRequest }) => {
  const { t } = useTranslation()
  const [chosen, setDecision] = useState<Decision | null>(null)
  const decision = chosen ?? (request.actedAt ? 'done' : 'refused')
  const [article, setArticle] = useState<(typeof articles)[number] | null>(null)
  const [outcome, setOutcome] = useState('')
  const close = useAct('POST /rights/requests/:requestId/close', { refresh: [...refreshed], announceProblem: false })
  const send = (): void =>
    close.mutate({
      params: { requestId: request.id },
      body: { decision, outcome, ...(decision !== 'done' && article && { article }) },
    })
  return (
    <Step title={t('caller.close')}>
      <form onSubmit={submitting(send)}>
        <Stack gap="xs">
          <Select
            label={t('requests.close.decision')}
            allowDeselect={false}
            data={(['done', 'partly', 'refused'] as const).map((value) => ({
              value,
              label: t(`requests.close.${value}`),
            }))}
            value={decision}
            onChange={(v) => setDecision(v as Decision)}
          />
          {decision !== 'done' && (
            <Select
              label={t('requests.close.article')}
              required
              data={articles.map((value) => ({ value, label: t(`requests.close.articles.${value}`) }))}
              value={article}
              onChange={(v) => setArticle(v as (typeof articles)[number] | null)}
            />
          )}
          <Textarea
            label={t('caller.whatWasDone')}
            required
            minLength={5}
            maxLength={2000}
            autosize
            minRows={2}
            value={outcome}
            onChange={(e) => setOutcome(e.currentTarget.value)}
          />
          <ProblemNotice problem={close.error} />
          <Group>
            <Button type="submit" variant="default" loading={close.isPending}>
              {t('caller.close')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Step>
  )
}
