import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallerView } from '../../../contract/models/rights.ts'
import { api } from '../../api.ts'
import { useFormat } from '../../kit/format.ts'
import { Ready } from '../../kit/states.tsx'
import { Entry } from '../../layout/Entry.tsx'
import { Answers } from './Answers.tsx'
import { EnterByReference } from './EnterByReference.tsx'
import { Told, Whom } from './Told.tsx'

const tokenNow = (): string => globalThis.location.hash.slice(1)

/** What a caller sees of one call, without an account. The link's secret stays in the fragment: browsers never send it. */
export const CallerPage = () => {
  const { t } = useTranslation()
  const [token, setToken] = useState(tokenNow)
  useEffect(() => {
    const changed = (): void => setToken(tokenNow())
    globalThis.addEventListener('hashchange', changed)
    return () => globalThis.removeEventListener('hashchange', changed)
  }, [])
  const enter = (fresh: string): void => {
    globalThis.history.replaceState(null, '', `/c#${fresh}`)
    setToken(fresh)
  }
  if (token.length < 20)
    return (
      <Entry title={t('caller.title')} lead={t('caller.enterLead')}>
        <EnterByReference onEnter={enter} />
      </Entry>
    )
  return <OneCall key={token} token={token} onEnter={enter} />
}

const OneCall = ({ token, onEnter }: { token: string; onEnter: (token: string) => void }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const client = useQueryClient()
  const key = ['POST /caller/view', token]
  const view = useQuery({
    queryKey: key,
    queryFn: () => api('POST /caller/view', { body: { token } }),
    retry: false,
    gcTime: 0,
  })
  const answered = (seen: CallerView): void => void client.setQueryData(key, seen)
  const title = view.data ? t('caller.titleOf', { when: format.dateTime(view.data.startedAt) }) : t('caller.title')
  return (
    <Entry title={title} lead={view.data && <Lead view={view.data} />}>
      <Ready query={view}>
        {(seen) => (
          <>
            <Told view={seen} />
            <Answers token={token} view={seen} onAnswered={answered} />
            <Whom view={seen} token={token} />
          </>
        )}
      </Ready>
      {view.error && <EnterByReference onEnter={onEnter} />}
    </Entry>
  )
}

const Lead = ({ view }: { view: CallerView }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const words = [
    view.company?.name,
    view.direction && t(`caller.direction.${view.direction}`),
    format.clock(view.durationMs),
  ]
  return words.filter(Boolean).join(' · ')
}
