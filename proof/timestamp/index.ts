export { type TimestampCode, TimestampError } from './error.ts'
export { readAnchors } from './certificate.ts'
export { encodeRequest, newNonce, type TimestampRequest } from './request.ts'
export { type Certificate, type Expected, type Timestamp, verifyResponse, verifyToken } from './verify.ts'
