import { Button, Group, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Turn } from '../../../../contract/models/transcripts.ts'
import { useAct } from '../../../queries.ts'

export type Ask = { callId: string; purpose: string }

type CorrectProps = { turn: Turn; ask: Ask; onCorrected: (turn: Turn) => void; onClose: () => void }

/** A note beside the text; the text stays as it was heard. */
export const Correct = ({ turn, ask, onCorrected, onClose }: CorrectProps) => {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const save = useAct('POST /calls/:callId/transcript/corrections', {
    onDone: (corrected) => {
      onClose()
      onCorrected(corrected)
    },
  })
  return (
    <Group align="end" gap={8}>
      <Textarea
        label={t('transcript.correctTitle')}
        description={t('transcript.correctHelp')}
        autosize
        flex="1 1 220px"
        maxLength={2000}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button
        disabled={text.trim() === ''}
        loading={save.isPending}
        onClick={() =>
          save.mutate({ params: { callId: ask.callId }, body: { purpose: ask.purpose, index: turn.index, text } })
        }
      >
        {t('transcript.correctSave')}
      </Button>
      <Button variant="default" onClick={onClose}>
        {t('common.cancel')}
      </Button>
    </Group>
  )
}
