import { ActionIcon, Menu, Tooltip } from '@mantine/core'
import type { KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import type { PolicyRule, PolicyWarning } from '../../../contract/models/policy.ts'
import { ActionsMenu } from '../../kit/ActionsMenu.tsx'
import { IconCopy, IconDown, IconEdit, IconTrash, IconUp, IconWarning } from '../../kit/icons.tsx'
import { Tag } from '../../kit/states.tsx'
import { actionIcons } from './AddRule.tsx'
import type { Change } from './diff.ts'
import styles from './policy.module.css'
import { warningText } from './warnings.ts'
import { nameInWords, rulePhrases, type Names } from './words.ts'

type Edit = {
  move: (rule: PolicyRule, by: -1 | 1, controlId: string) => void
  copy: (rule: PolicyRule) => void
  remove: (rule: PolicyRule) => void
  open: (rule: PolicyRule) => void
}
type Props = {
  rule: PolicyRule
  place: { index: number; count: number }
  change: Change['kind'] | null
  warnings: PolicyWarning[]
  names: Names
  edit: Edit | null
}

/** One rule in plain words, with its place in the order. */
export const RuleCard = ({ rule, place, change, warnings, names, edit }: Props) => {
  const { t } = useTranslation()
  const name = nameInWords(rule.name, t)
  const [first, ...others] = rulePhrases(rule, t, names)
  const Icon = actionIcons[rule.action.kind]
  const titleId = `rule-${rule.id}`
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return
    event.preventDefault()
    edit?.move(rule, event.key === 'ArrowUp' ? -1 : 1, event.currentTarget.id)
  }
  return (
    <li className={styles.card} data-kind={rule.action.kind} data-change={change ?? undefined}>
      <span className={styles.place} aria-hidden="true">
        {place.index + 1}
      </span>
      <h3 className={`${styles.cardHead} ${styles.cardName}`}>
        {edit ? (
          <button type="button" id={titleId} onClick={() => edit.open(rule)} onKeyDown={onKeyDown}>
            {name}
          </button>
        ) : (
          name
        )}
        <Tag icon={<Icon />}>{t(`policy.actions.${rule.action.kind}`)}</Tag>
        {change && <Tag tone="warn">{t(`policy.changes.${change}`)}</Tag>}
      </h3>
      <div className={styles.cardBody}>
        <p className={styles.cardFirst}>{first}</p>
        {others.length > 0 && <p className="quiet">{others.join(' ')}</p>}
        {warnings.map((warning) => (
          <p key={`${warning.code} ${JSON.stringify(warning.params)}`} className={styles.cardWarning}>
            <IconWarning size={16} /> <span>{warningText(warning, t, names.format)}</span>
          </p>
        ))}
      </div>
      {edit && <CardControls rule={rule} place={place} edit={edit} onKeyDown={onKeyDown} />}
    </li>
  )
}

type ControlsProps = Pick<Props, 'rule' | 'place'> & { edit: Edit; onKeyDown: (event: KeyboardEvent) => void }

const CardControls = ({ rule, place, edit, onKeyDown }: ControlsProps) => {
  const { t } = useTranslation()
  const name = nameInWords(rule.name, t)
  const arrows = [
    { by: -1, label: t('policy.moveUp', { name }), icon: <IconUp />, end: place.index === 0 },
    {
      by: 1,
      label: t('policy.moveDown', { name }),
      icon: <IconDown />,
      end: place.index === place.count - 1,
    },
  ] as const
  return (
    <div className={styles.cardControls}>
      {arrows.map(({ by, label, icon, end }) => {
        const id = `rule-${rule.id}${by}`
        return (
          <Tooltip key={by} label={label}>
            <ActionIcon
              id={id}
              aria-label={label}
              aria-keyshortcuts={by === -1 ? 'Alt+ArrowUp' : 'Alt+ArrowDown'}
              disabled={end}
              onKeyDown={onKeyDown}
              onClick={() => edit.move(rule, by, id)}
            >
              {icon}
            </ActionIcon>
          </Tooltip>
        )
      })}
      <ActionsMenu name={name}>
        <Menu.Item leftSection={<IconEdit />} onClick={() => edit.open(rule)}>
          {t('common.edit')}
        </Menu.Item>
        <Menu.Item leftSection={<IconCopy />} onClick={() => edit.copy(rule)}>
          {t('policy.duplicate')}
        </Menu.Item>
        <Menu.Item leftSection={<IconTrash />} onClick={() => edit.remove(rule)}>
          {t('common.remove')}
        </Menu.Item>
      </ActionsMenu>
    </div>
  )
}
