import '@mantine/core/styles.layer.css'
import '@mantine/notifications/styles.layer.css'
import './styles.css'
import { MantineProvider } from '@mantine/core'
import { ModalsProvider } from '@mantine/modals'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode, useMemo } from 'react'
import { createRoot } from 'react-dom/client'
import { useTranslation } from 'react-i18next'
import { startI18n } from './i18n.ts'
import { wordFormHints } from './kit/hints.ts'
import { queryClient } from './queries.ts'
import { router } from './router.tsx'
import { cssVariables, themeFor } from './theme.ts'

const root = document.getElementById('root')
if (!root) throw new Error('The page has no #root')

const App = () => {
  const { t } = useTranslation()
  const theme = useMemo(() => themeFor(t), [t])
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <QueryClientProvider client={queryClient}>
        <ModalsProvider>
          <Notifications position="bottom-right" />
          <RouterProvider router={router} />
        </ModalsProvider>
      </QueryClientProvider>
    </MantineProvider>
  )
}

await startI18n()
wordFormHints(document)
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
