import { ActionIcon, TextInput } from '@mantine/core'
import type { KeyboardEvent, RefObject } from 'react'
import { useTranslation } from 'react-i18next'
import { IconDown, IconSearch, IconUp } from '../../../kit/icons.tsx'
import styles from './transcript.module.css'

type FindProps = {
  field: RefObject<HTMLInputElement | null>
  value: string
  hits: number
  /** The hit that is shown, from 0. */
  place: number
  onChange: (text: string) => void
  onPlace: (place: number) => void
}

/** Looks for words in the text: Enter goes to the next place, Shift and Enter to the one before, Escape empties the field. */
export const Find = ({ field, value, hits, place, onChange, onPlace }: FindProps) => {
  const { t } = useTranslation()
  const go = (by: 1 | -1): void => onPlace((place + by + hits) % hits)
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && value !== '') onChange('')
    else if (event.key === 'Enter' && hits > 0) go(event.shiftKey ? -1 : 1)
    else return
    event.preventDefault()
  }
  const wanted = value.trim() !== ''
  return (
    <search className={styles.find}>
      <TextInput
        ref={field}
        className={styles.findField}
        aria-label={t('transcript.find')}
        placeholder={t('transcript.find')}
        leftSection={<IconSearch size={16} />}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        onKeyDown={onKey}
      />
      <output className={styles.count} aria-live="polite">
        {wanted && (hits === 0 ? t('transcript.noHit') : t('transcript.hit', { n: place + 1, all: hits }))}
      </output>
      <ActionIcon aria-label={t('transcript.previousHit')} disabled={hits === 0} onClick={() => go(-1)}>
        <IconUp />
      </ActionIcon>
      <ActionIcon aria-label={t('transcript.nextHit')} disabled={hits === 0} onClick={() => go(1)}>
        <IconDown />
      </ActionIcon>
    </search>
  )
}
