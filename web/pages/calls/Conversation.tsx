import { useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import type { CallDetail, Gap } from '../../../contract/models/calls.ts'
import { useApi } from '../../queries.ts'
import styles from './conversation.module.css'
import { Listen } from './Listen.tsx'
import { createPlayhead } from './player/playhead.ts'
import { TranscriptSection } from './transcript/TranscriptSection.tsx'

const busy = ['waiting', 'running']

/** A call to hear and to read: the lanes, and beside them what was said, each moving the other. */
export const Conversation = ({ call, onChanged }: { call: CallDetail; onChanged: () => void }) => {
  const found = useSearch({ from: '/shell/calls/$callId' })
  const playhead = useMemo(() => createPlayhead(), [])
  // The copy that is heard may leave out more than the call as it was captured.
  const [heard, setHeard] = useState<Gap[]>([])
  const gaps = useMemo(() => [...call.gaps, ...heard], [call.gaps, heard])
  const status = useApi(
    'GET /calls/:callId/transcript',
    { params: { callId: call.id } },
    { refetchInterval: (last) => (last && busy.includes(last.state) ? 3000 : false) },
  ).data
  const mayListen = call.listenPurposes.length > 0
  const beside = mayListen && status?.state === 'done'
  return (
    <div className={styles.both} data-beside={beside || undefined}>
      <div className={styles.heard}>
        <Listen call={call} playhead={playhead} beside={beside} onHeard={setHeard} onChanged={onChanged} />
      </div>
      {status && status.state !== 'none' && (
        <TranscriptSection
          callId={call.id}
          status={status}
          gaps={gaps}
          playhead={mayListen ? playhead : null}
          found={found}
        />
      )}
    </div>
  )
}
