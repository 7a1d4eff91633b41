import type { ReactNode, SVGProps } from 'react'

type IconProps = SVGProps<SVGSVGElement> & { size?: number }

/** Line icons on a 24 grid. Decorative by default: the text beside them, or an `aria-label` on the button, says what they mean. */
const icon = (name: string, shape: ReactNode) => {
  const Icon = ({ size = 18, ...props }: IconProps) => (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.75}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
      {...props}
    >
      {shape}
    </svg>
  )
  Icon.displayName = `Icon${name}`
  return Icon
}
const path = (name: string, d: string) => icon(name, <path d={d} />)

export const IconCalls = path('Calls', 'M4 10v4M8 6v12M12 9v6M16 4v16M20 10v4')
export const IconHeadset = path(
  'Headset',
  'M4 14v-2a8 8 0 0 1 16 0v2M4 14a2 2 0 0 1 2-1h1v6H6a2 2 0 0 1-2-2zM20 14a2 2 0 0 0-2-1h-1v6h1a2 2 0 0 0 2-2zM18 19c0 1.5-2 2-5 2',
)
export const IconPolicy = path('Policy', 'M7 3h8l4 4v14H5V5a2 2 0 0 1 2-2zM14 3v5h5M9 13h6M9 17h4')
export const IconSource = path('Source', 'M12 20v-6M8.5 10.5a5 5 0 0 1 7 0M5.5 7.5a9 9 0 0 1 13 0M12 14h.01M8 20h8')
export const IconPeople = path(
  'People',
  'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.3a3.5 3.5 0 0 1 0 6.4M17.5 14.4c2.4.7 4 2.8 4 5.6',
)
export const IconTeam = path('Team', 'M4 5h7v6H4zM13 5h7v6h-7zM8.5 13.5h7v6h-7z')
export const IconEye = path(
  'Eye',
  'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
)
export const IconKey = path('Key', 'M8 15.5a4 4 0 1 0 0-.01zM11 12.5 20 3.5M17 6.5l3 3M14 9.5l2 2')
export const IconAccount = path('Account', 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.5-4 3.5-6 7.5-6s7 2 7.5 6')
export const IconSun = path(
  'Sun',
  'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
)
export const IconMoon = path('Moon', 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z')
export const IconGlobe = path(
  'Globe',
  'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c2.5 2.5 3.5 5.5 3.5 9s-1 6.5-3.5 9c-2.5-2.5-3.5-5.5-3.5-9s1-6.5 3.5-9z',
)
export const IconPlus = path('Plus', 'M12 5v14M5 12h14')
export const IconUp = path('Up', 'M12 19V5M6 11l6-6 6 6')
export const IconDown = path('Down', 'M12 5v14M6 13l6 6 6-6')
export const IconChevron = path('Chevron', 'M9 6l6 6-6 6')
export const IconCaret = path('Caret', 'M6 9l6 6 6-6')
export const IconClose = path('Close', 'M6 6l12 12M18 6 6 18')
export const IconCheck = path('Check', 'M5 12.5l4.5 4.5L19 7.5')
export const IconWarning = path('Warning', 'M12 4 2.8 20h18.4zM12 10v4.5M12 17.3v.01')
export const IconInfo = path('Info', 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.5M12 7.7v.01')
export const IconCopy = path('Copy', 'M9 9h11v11H9zM15 9V4H4v11h5')
export const IconDownload = path('Download', 'M12 4v11M7 11l5 5 5-5M4 20h16')
export const IconUpload = path('Upload', 'M12 16V5M7 9l5-5 5 5M4 20h16')
export const IconEdit = path('Edit', 'M4 20l1-4.5L16.5 4 20 7.5 8.5 19zM14 6.5l3.5 3.5')
export const IconTrash = path('Trash', 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5')
export const IconMore = icon('More', <path d="M5 12h.01M12 12h.01M19 12h.01" strokeWidth={3} />)
export const IconSearch = path('Search', 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16.2 16.2 21 21')
export const IconPlay = path('Play', 'M7 4.5v15l12-7.5z')
export const IconPause = path('Pause', 'M8 5v14M16 5v14')
export const IconRecord = icon('Record', <circle cx="12" cy="12" r="6" fill="currentColor" stroke="none" />)
export const IconStop = path('Stop', 'M6 6h12v12H6z')
export const IconFlag = path('Flag', 'M5 21V4M5 4h13l-2.5 4.5L18 13H5')
export const IconClock = path('Clock', 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5.5l3.5 2')
export const IconHourglass = path('Hourglass', 'M6.5 3h11M6.5 21h11M8 3v4l4 5 4-5V3M8 21v-4l4-5 4 5v4')
export const IconLock = path('Lock', 'M6 11h12v9.5H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3')
export const IconSeal = path(
  'Seal',
  'M12 3a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM8.5 13 7 21l5-2.5L17 21l-1.5-8M9.8 8.6l1.6 1.6 2.9-3',
)
export const IconShield = path('Shield', 'M12 3 4.5 6v5.5c0 4.5 3 8 7.5 9.5 4.5-1.5 7.5-5 7.5-9.5V6z')
export const IconSignOut = path('SignOut', 'M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9')
export const IconRestore = path('Restore', 'M4 12a8 8 0 1 0 2.5-5.8M4 4v4.5h4.5')
export const IconDice = icon(
  'Dice',
  <>
    <path d="M4 4h16v16H4z" />
    <path d="M8.5 8.5h.01M15.5 15.5h.01M12 12h.01" strokeWidth={3} />
  </>,
)
export const IconContract = path('Contract', 'M5 4v16M19 4v16M5 12h14M9 9l-4 3 4 3M15 9l4 3-4 3')
export const IconForbid = path('Forbid', 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM5.7 5.7l12.6 12.6')
export const IconHand = path('Hand', 'M5 12h14M15 8l4 4-4 4M9 16l-4-4 4-4')
export const IconWords = path('Words', 'M4 6h16M4 11h10M4 16h13M4 21h7')
