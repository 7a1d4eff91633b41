import { Button, Stack } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../../kit/format.ts'
import { Section } from '../../kit/Page.tsx'
import { Notice, Tag } from '../../kit/states.tsx'
import { useApi, useMay } from '../../queries.ts'
import { FileRequest } from '../requests/FileRequest.tsx'

/** What the requests of its people mean for a call: not to be used, said to be wrong, asked for. */
export const RightsSection = ({ callId }: { callId: string }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const [filing, setFiling] = useState(false)
  const mayFile = useMay('governance.write')
  const rights = useApi('GET /calls/:callId/rights', { params: { callId } }).data
  if (!rights) return null
  const { restrictions, annotations, requests } = rights
  if (!mayFile && restrictions.length + annotations.length === 0) return null
  return (
    <Section
      title={t('requests.onCall.title')}
      actions={
        mayFile && (
          <Button variant="default" onClick={() => setFiling(true)}>
            {t('requests.onCall.file')}
          </Button>
        )
      }
    >
      <Stack gap="xs">
        {restrictions.map(({ requestId, since, grounds }) => (
          <Notice key={requestId} tone="warn">
            {t('requests.onCall.restricted', {
              since: format.dateTime(since),
              ground: t(`requests.act.ground.${grounds}`),
            })}
          </Notice>
        ))}
        {annotations.map(({ at, text }) => (
          <Notice key={at} title={t('requests.onCall.annotation', { at: format.dateTime(at) })}>
            {text}
          </Notice>
        ))}
        {mayFile && requests.length === 0 && <p className="quiet">{t('requests.onCall.none')}</p>}
        {mayFile &&
          requests.map((r) => (
            <div key={r.id}>
              <Link to="/requests">{t(`caller.request.${r.kind}`)}</Link> {format.dateTime(r.askedAt)}{' '}
              <Tag tone={r.state === 'open' ? 'warn' : 'neutral'}>
                {t(r.state === 'open' ? 'caller.stateOpen' : 'caller.stateClosed')}
              </Tag>
            </div>
          ))}
      </Stack>
      {filing && <FileRequest callId={callId} onClose={() => setFiling(false)} onFiled={() => undefined} />}
    </Section>
  )
}
