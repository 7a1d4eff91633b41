export { type TimestampCode, TimestampError } from './error.ts'
export { readAnchors } from './certificate.ts'
export { encodeRequest, newNonce } from './request.ts'
export { type Certificate, type Timestamp, verifyResponse, verifyToken } from './verify.ts'
