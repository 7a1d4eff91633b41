import { Group } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { IconHeadset } from '../../kit/icons.tsx'
import { Page, Section } from '../../kit/Page.tsx'
import { Empty, Tag } from '../../kit/states.tsx'
import { useLiveCalls } from '../../live.ts'
import { useMe } from '../../queries.ts'
import { Captions } from '../captions/Captions.tsx'
import { Controls } from './Controls.tsx'

/** The agent's call in progress, with one big control. A supervisor sees the calls of the teams. */
export const AgentPage = () => {
  const { t } = useTranslation()
  const me = useMe()
  const all = useLiveCalls()
  const mine = me.role === 'agent' ? all.filter((call) => call.agentId === me.id) : all
  return (
    <Page title={t('agent.title')} width="reading">
      {mine.length === 0 && (
        <Empty icon={<IconHeadset size={26} />} title={t('agent.none')}>
          {t('agent.noneHelp')}
        </Empty>
      )}
      {mine.map((call) => (
        <Section
          key={call.id}
          title={call.queue ?? t('agent.call')}
          actions={<Group gap={6}>{call.direction && <Tag>{t(`calls.direction.${call.direction}`)}</Tag>}</Group>}
        >
          <Controls call={call} />
          <Captions call={call} />
        </Section>
      ))}
    </Page>
  )
}
