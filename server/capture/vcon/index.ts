export { vconOf, type VconAudio } from './call.ts'
export { buildVcon, type VconAttachment, type VconInput } from './export.ts'
export { readVcon } from './read.ts'
export { parseVcon } from './import.ts'
export { isGranted } from './lawful-basis.ts'
export { partiesByChannel } from './parties.ts'
export { encryptVcon, signVcon, type VconSigner } from './seal.ts'
export {
  defaultVconLimits,
  type ImportedRecording,
  type ImportedVcon,
  type LawfulBasis,
  type PurposeGrant,
  type RawPart,
  type SignatureReport,
  type VconGap,
  type VconKeys,
  type VconLimits,
  type VconOptions,
  type VconParty,
  type VconRecording,
  type VconWarning,
} from './types.ts'
