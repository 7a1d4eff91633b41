import { Button, Group, Stack } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Organisation } from '../../../contract/models/retention.ts'
import type { Reply } from '../../api.ts'
import { submitting } from '../../kit/form.ts'
import { useFormat } from '../../kit/format.ts'
import { fieldProblem } from '../../kit/problem.ts'
import { Section } from '../../kit/Page.tsx'
import { Notice, ProblemNotice, Ready } from '../../kit/states.tsx'
import { useAct, useApi, useMay } from '../../queries.ts'
import styles from './governance.module.css'
import { AnnouncementFields, CallersFields, ControllerFields, OfficerFields } from './OrganisationFields.tsx'

type View = Reply<'GET /organisation'>

const nobody: Organisation = {
  name: '',
  address: '',
  country: null,
  email: '',
  dpo: { name: '', email: '', phone: '' },
  authority: '',
  callers: { url: '', email: '', phone: '' },
  languages: ['it'],
  keys: { yes: '1', no: '9' },
  unknownCallers: 'strictest',
}

/** Who answers for the recordings. */
export const OrganisationTab = () => {
  const organisation = useApi('GET /organisation')
  // Saving makes a version; the form begins again from it.
  return <Ready query={organisation}>{(view) => <OrganisationForm key={view.version} view={view} />}</Ready>
}

const OrganisationForm = ({ view }: { view: View }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const mayWrite = useMay('governance.write')
  const [draft, setDraft] = useState(view.organisation ?? nobody)
  const save = useAct('PUT /organisation', {
    refresh: ['GET /organisation', 'GET /announcements'],
    announceProblem: false,
    done: t('governance.organisation.saved'),
  })
  const fields = {
    draft,
    change: (part: Partial<Organisation>): void => setDraft({ ...draft, ...part }),
    wrong: (path: string) => fieldProblem(save.error, `organisation.${path}`, t),
  }
  const send = (): void => save.mutate({ body: { organisation: draft, basedOn: view.version } })
  return (
    <Section title={t('governance.organisation.title')} lead={t('governance.organisation.lead')}>
      {!view.organisation && <Notice tone="warn">{t('governance.organisation.undeclared')}</Notice>}
      <form onSubmit={submitting(send)}>
        <fieldset disabled={!mayWrite} className={styles.form}>
          <ControllerFields {...fields} />
          <OfficerFields {...fields} />
          <CallersFields {...fields} />
          <AnnouncementFields {...fields} />
        </fieldset>
        <Stack mt="md">
          <ProblemNotice problem={save.error} />
          {mayWrite && (
            <Group>
              <Button type="submit" loading={save.isPending}>
                {t('common.save')}
              </Button>
              {view.changedAt && (
                <span className="quiet small">
                  {t('governance.organisation.changedAt', { when: format.dateTime(view.changedAt) })}
                </span>
              )}
            </Group>
          )}
        </Stack>
      </form>
    </Section>
  )
}
