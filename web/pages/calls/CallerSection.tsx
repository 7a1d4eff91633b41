import { Button, Group, Stack } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallerAccess } from '../../../contract/models/rights.ts'
import { CopyField, ShowOnce } from '../../kit/copy.tsx'
import { useFormat } from '../../kit/format.ts'
import { Section } from '../../kit/Page.tsx'
import { Notice, Ready } from '../../kit/states.tsx'
import { useAct, useApi } from '../../queries.ts'

/** How often it is looked whether the caller asked for a code, ms. */
const lookEveryMs = 5000

/** What staff give the caller: the reference, the code asked for, a link to the caller's page. */
export const CallerSection = ({ callId }: { callId: string }) => {
  const { t } = useTranslation()
  const access = useApi('GET /calls/:callId/caller-access', { params: { callId } }, { refetchInterval: lookEveryMs })
  const [token, setToken] = useState<string | null>(null)
  const make = useAct('POST /calls/:callId/caller-link', {
    refresh: ['GET /calls/:callId/caller-access'],
    onDone: (made) => setToken(made.token),
  })
  return (
    <Section
      title={t('caller.staffTitle')}
      lead={t('caller.staffLead', { page: `${globalThis.location.origin}/c` })}
      actions={
        <Button
          variant="default"
          loading={make.isPending}
          onClick={() => make.mutate({ params: { callId }, body: {} })}
        >
          {t('caller.makeLink')}
        </Button>
      }
    >
      <Ready query={access}>{(known) => <Known access={known} />}</Ready>
      <ShowOnce
        opened={token !== null}
        title={t('caller.linkTitle')}
        fields={[{ label: t('caller.link'), value: `${globalThis.location.origin}/c#${token ?? ''}` }]}
        onClose={() => setToken(null)}
      >
        {t('caller.linkHelp')}
      </ShowOnce>
    </Section>
  )
}

const Known = ({ access: { reference, code, links } }: { access: CallerAccess }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const revoke = useAct('DELETE /caller-links/:linkId', { refresh: ['GET /calls/:callId/caller-access'] })
  const [now] = useState(Date.now)
  const open = links.filter((link) => !link.revokedAt && Date.parse(link.expiresAt) > now)
  return (
    <Stack>
      {reference && <CopyField label={t('caller.reference')} value={reference} />}
      {code && (
        <Notice tone="accent" live title={t('caller.codeNow', { code: code.code })}>
          {t('caller.codeNowHelp', { time: format.time(code.expiresAt) })}
        </Notice>
      )}
      {open.map((link) => (
        <Group key={link.id} justify="space-between">
          <span>
            {t(link.madeBy ? 'caller.linkMade' : 'caller.linkAsked', {
              when: format.dateTime(link.madeAt),
              until: format.dateTime(link.expiresAt),
            })}
          </span>
          <Button
            variant="default"
            size="xs"
            loading={revoke.isPending}
            onClick={() => revoke.mutate({ params: { linkId: link.id } })}
          >
            {t('people.revoke')}
          </Button>
        </Group>
      ))}
    </Stack>
  )
}
