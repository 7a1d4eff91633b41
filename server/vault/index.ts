export { fileEpochKeys, type EpochKeys } from './keys/epoch.ts'
export { defaultSettings, type VaultSettings } from './settings.ts'
export type { VaultTables } from './store.ts'
export type {
  Box,
  DoctorFinding,
  Ended,
  Ending,
  HoldAsk,
  NewRendition,
  PurposeName,
  RenditionFormat,
  RenditionKey,
  Replacement,
  SealedSegment,
  SealedStream,
  StreamReader,
  StreamWriter,
  Vault,
  VaultFault,
} from './types.ts'
export { createVault, type VaultDeps } from './vault.ts'
