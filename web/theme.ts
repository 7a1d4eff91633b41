import { createTheme, mergeThemeOverrides, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'
import type { T } from './i18n.ts'

/** Petrol: the one accent. Shade 7 carries white text at 7.6:1, shade 6 at 5:1. */
const petrol: MantineColorsTuple = [
  '#eef6f5',
  '#dbebe9',
  '#b5d6d3',
  '#8bbfba',
  '#66aaa4',
  '#479089',
  '#2b7772',
  '#1d5b57',
  '#174a47',
  '#0f3533',
]
/** Warm paper greys. Shade 6 is the lightest that may carry text on paper. */
const gray: MantineColorsTuple = [
  '#faf9f6',
  '#f4f2ed',
  '#eae6df',
  '#dad5cb',
  '#c4beb2',
  '#989286',
  '#6b665d',
  '#514d46',
  '#36332e',
  '#22201d',
]
const dark: MantineColorsTuple = [
  '#dfe2e0',
  '#bcc2c0',
  '#98a19f',
  '#707977',
  '#434b4a',
  '#343b3a',
  '#262c2b',
  '#1a1f1e',
  '#141817',
  '#0e1110',
]

/** Brick: for what cannot be taken back. */
const red: MantineColorsTuple = [
  '#fbeae8',
  '#f6d3cf',
  '#eeaaa3',
  '#e57f75',
  '#d9594d',
  '#c63f33',
  '#b3332a',
  '#a3291f',
  '#84211a',
  '#5f1712',
]

const base = createTheme({
  colors: { petrol, gray, dark, red },
  primaryColor: 'petrol',
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  luminanceThreshold: 0.32,
  defaultRadius: 6,
  cursorType: 'pointer',
  fontFamily: 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace',
  components: {
    Button: { defaultProps: { size: 'sm' } },
    // What may be left empty says so in its label; everything else is needed.
    InputWrapper: { defaultProps: { withAsterisk: false } },
    ActionIcon: { defaultProps: { size: 'lg', variant: 'subtle', color: 'gray' } },
    Drawer: { defaultProps: { position: 'right', size: 'lg', overlayProps: { backgroundOpacity: 0.35 } } },
    // The placeholder it would focus first is not allowed inside a menu.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.35 } } },
  },
})

/** The theme with the words its controls need: Mantine's close and eye buttons have no name of their own. */
export const themeFor = (t: T) => {
  const closeButtonProps = { 'aria-label': t('common.close') }
  const close = { defaultProps: { closeButtonProps } }
  const eye = { defaultProps: { visibilityToggleButtonProps: { 'aria-label': t('common.showPassword'), tabIndex: 0 } } }
  const words = createTheme({ components: { Drawer: close, Modal: close, Notification: close, PasswordInput: eye } })
  return mergeThemeOverrides(base, words)
}

/** Colours the two schemes share by name: surfaces, lines, quiet text, and four tones for states. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#faf9f6',
    '--mantine-color-text': '#22201d',
    '--mantine-color-dimmed': '#635e56',
    '--mantine-color-placeholder': '#6b665d',
    '--mantine-color-error': '#a3291f',
    '--surface': '#ffffff',
    '--surface-quiet': '#f4f2ed',
    '--line': '#e2ddd4',
    '--line-strong': '#948e82',
    '--accent': '#1d5b57',
    '--accent-soft': '#e6f0ef',
    '--good': '#1f6b3a',
    '--good-soft': '#e7f2ea',
    '--warn': '#7d5200',
    '--warn-soft': '#fbf0d9',
    '--bad': '#a3291f',
    '--bad-soft': '#fbeae8',
    '--series-1': '#8a5a00',
    '--series-2': '#3d5a9e',
    '--series-3': '#7d3c67',
    '--series-4': '#4b4f52',
  },
  dark: {
    '--mantine-color-body': '#141817',
    '--mantine-color-text': '#e3e6e4',
    '--mantine-color-dimmed': '#a2aba9',
    '--mantine-color-placeholder': '#98a19f',
    '--mantine-color-error': '#f29a90',
    '--surface': '#1b201f',
    '--surface-quiet': '#222827',
    '--line': '#323938',
    '--line-strong': '#6f7876',
    '--accent': '#7cc2bb',
    '--accent-soft': '#1d3634',
    '--good': '#82cf9c',
    '--good-soft': '#1a3022',
    '--warn': '#e8bd6a',
    '--warn-soft': '#352a13',
    '--bad': '#f29a90',
    '--bad-soft': '#3a1f1c',
    '--series-1': '#e0b25c',
    '--series-2': '#9db4ee',
    '--series-3': '#d79ac4',
    '--series-4': '#c4c8ca',
  },
})
