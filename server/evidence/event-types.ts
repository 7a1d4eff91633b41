/** What happened. `data` holds figures, hashes and ids; personal data stays in the call's card. `callId` is null where no call is concerned. */
export type EvidenceEvent = { type: EvidenceType; callId: string | null; data: Record<string, unknown> }

/** A word for the subject, a word for what happened to it. */
export type EvidenceType =
  // a call is recorded
  | 'capture.started'
  | 'capture.switched'
  | 'capture.sealed'
  | 'capture.recovered'
  // what was found in it later was destroyed in its audio
  | 'capture.silenced'
  | 'upload.received'
  | 'rendition.created'
  | 'rendition.erased'
  // somebody was given what was recorded
  | 'access.play'
  | 'access.view'
  | 'access.export'
  // captions of a call were in memory only, and are gone
  | 'captions.forgotten'
  // how purposes end: what was meant before it was done, then what was done
  | 'purpose.lapse_intended'
  | 'purpose.lapsed'
  | 'purpose.audio_lapsed'
  | 'erasure.intended'
  | 'erasure.done'
  | 'erasure.final'
  | 'certificate.destruction'
  // what stops an end
  | 'hold.placed'
  | 'hold.release_asked'
  | 'hold.kept'
  | 'hold.released'
  // rules and papers
  | 'policy.published'
  | 'register.published'
  | 'organisation.changed'
  | 'jurisdictions.changed'
  | 'gate.registered'
  | 'gate.revoked'
  | 'announcement.published'
  | 'consent.recorded'
  // what callers were let see, and what they asked for
  | 'caller_link.made'
  | 'caller_link.revoked'
  | 'rights.asked'
  | 'rights.widened'
  | 'rights.acted'
  | 'rights.delivered'
  | 'rights.closed'
  // what may be kept and not used
  | 'restriction.placed'
  | 'restriction.lifted'
  // the log itself
  | 'stamp.received'
  | 'log.began'
  | 'log.restarted'
