import { ActionIcon, Button, Group, Radio, Select, Stack, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { CallDetail } from '../../../../contract/models/calls.ts'
import { readClock } from '../../../kit/clock-text.ts'
import styles from '../calls.module.css'
import { IconPlus, IconTrash } from '../../../kit/icons.tsx'

/** A passage as it is being typed. `lane` null: all voices. */
export type Passage = { id: number; whole: boolean; from: string; to: string; lane: number | null }

export const wholeCall: Passage = { id: 0, whole: true, from: '', to: '', lane: null }

/** What was typed, in ms; null while it is no passage. */
export function spanOf({ from, to }: Passage): { fromMs: number; toMs: number } | null {
  const [fromMs, toMs] = [readClock(from), readClock(to)]
  return fromMs === null || toMs === null || toMs <= fromMs ? null : { fromMs, toMs }
}

/** Passages as they are sent; null while one of them is none. */
export function typed(passages: readonly Passage[]): { fromMs: number; toMs: number; lane?: number }[] | null {
  const spans = passages.map((passage) => ({ lane: passage.lane, span: spanOf(passage) }))
  if (spans.some(({ span }) => span === null)) return null
  return spans.flatMap(({ lane, span }) => (span ? [{ ...span, ...(lane !== null && { lane }) }] : []))
}

type ExtentProps = { value: Passage; onChange: (value: Passage) => void }

/** The whole call, or one passage of it. */
export const Extent = ({ value, onChange }: ExtentProps) => {
  const { t } = useTranslation()
  return (
    <Stack gap="xs">
      <Radio.Group
        label={t('calls.package.extent')}
        value={value.whole ? 'whole' : 'part'}
        onChange={(v) => onChange({ ...value, whole: v === 'whole' })}
      >
        <Group mt={6}>
          <Radio value="whole" label={t('calls.package.whole')} />
          <Radio value="part" label={t('calls.package.part')} />
        </Group>
      </Radio.Group>
      {!value.whole && (
        <Group align="flex-start">
          <Bounds value={value} onChange={onChange} />
        </Group>
      )}
    </Stack>
  )
}

type SilencedProps = { legs: CallDetail['legs']; value: Passage[]; onChange: (value: Passage[]) => void }

/** Passages that shall not be heard: of third parties, of data that is nobody's business. */
export const Silenced = ({ legs, value, onChange }: SilencedProps) => {
  const { t } = useTranslation()
  const voices = [
    { value: 'all', label: t('calls.package.allVoices') },
    ...legs.map(({ index, role }) => ({ value: String(index), label: `${index + 1} · ${t(`calls.role.${role}`)}` })),
  ]
  const change = (next: Passage): void => onChange(value.map((one) => (one.id === next.id ? next : one)))
  const add = (): void =>
    onChange([...value, { ...wholeCall, whole: false, id: Math.max(0, ...value.map(({ id }) => id)) + 1 }])
  return (
    <Stack gap="xs">
      {value.map((passage, i) => (
        <Group key={passage.id} align="flex-end" component="fieldset" className={styles.passage}>
          <legend className="visually-hidden">{t('calls.package.silencedOne', { n: i + 1 })}</legend>
          <Bounds value={passage} onChange={change} />
          <Select
            label={t('calls.package.voice')}
            w={170}
            allowDeselect={false}
            data={voices}
            value={passage.lane === null ? 'all' : String(passage.lane)}
            onChange={(v) => change({ ...passage, lane: v === 'all' ? null : Number(v) })}
          />
          <ActionIcon
            size="lg"
            aria-label={t('calls.package.hear', { n: i + 1 })}
            onClick={() => onChange(value.filter(({ id }) => id !== passage.id))}
          >
            <IconTrash />
          </ActionIcon>
        </Group>
      ))}
      <Group>
        <Button variant="subtle" leftSection={<IconPlus />} onClick={add}>
          {t('calls.package.silence')}
        </Button>
      </Group>
    </Stack>
  )
}

type BoundsProps = { value: Passage; onChange: (value: Passage) => void }

const Bounds = ({ value, onChange }: BoundsProps) => {
  const { t } = useTranslation()
  const wrong = (text: string): boolean => text !== '' && readClock(text) === null
  const reversed = readClock(value.from) !== null && readClock(value.to) !== null && spanOf(value) === null
  return (
    <>
      <TextInput
        label={t('calls.package.from')}
        placeholder="0:00"
        w={110}
        required
        value={value.from}
        error={wrong(value.from) && t('calls.package.notATime')}
        onChange={(e) => onChange({ ...value, from: e.currentTarget.value })}
      />
      <TextInput
        label={t('calls.package.to')}
        placeholder="1:30"
        w={110}
        required
        value={value.to}
        error={(wrong(value.to) && t('calls.package.notATime')) || (reversed && t('calls.package.reversed'))}
        onChange={(e) => onChange({ ...value, to: e.currentTarget.value })}
      />
    </>
  )
}
