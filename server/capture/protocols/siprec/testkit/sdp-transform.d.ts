/** The little of sdp-transform that tests use: a second reader of the SDP we write. */
declare module 'sdp-transform' {
  export type MediaDescription = {
    type: string
    port: number
    protocol: string
    payloads: string | number
    direction?: string
    label?: string | number
    rtcpMux?: string
    rtp: { payload: number; codec: string }[]
    crypto?: { id: number; suite: string }[]
  }
  export function parse(sdp: string): { media: MediaDescription[] }
}
