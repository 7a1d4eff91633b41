import { Button, Group, Stack } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { RightsRequest } from '../../../contract/models/rights.ts'
import { submitting } from '../../kit/form.ts'
import { ProblemNotice } from '../../kit/states.tsx'
import { useAct } from '../../queries.ts'
import { type Method, Methods, refreshed, Step } from './parts.tsx'

/** Makes a request about one call one about every call of its caller. A link proves its call only: then it is said how else. */
export const Widen = ({ request }: { request: RightsRequest }) => {
  const { t } = useTranslation()
  const [method, setMethod] = useState<Method | ''>('')
  const widen = useAct('POST /rights/requests/:requestId/widen', { refresh: [...refreshed], announceProblem: false })
  const byLink = request.identity?.method === 'link'
  const send = (): void => widen.mutate({ params: { requestId: request.id }, body: method ? { method } : {} })
  return (
    <Step title={t('requests.widen.title')} lead={t(byLink ? 'requests.widen.byLink' : 'requests.widen.lead')}>
      <form onSubmit={submitting(send)}>
        <Stack gap="xs">
          {byLink && <Methods value={method} onChange={setMethod} />}
          <ProblemNotice problem={widen.error} />
          <Group>
            <Button type="submit" variant="default" disabled={byLink && !method} loading={widen.isPending}>
              {t('requests.widen.do')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Step>
  )
}
