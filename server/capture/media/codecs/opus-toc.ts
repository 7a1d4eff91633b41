/** Samples per frame at 48 kHz by TOC configuration (RFC 6716 table 2). */
const FRAME_TICKS = Array.from({ length: 32 }, (_, config) => {
  if (config < 12) return [480, 960, 1920, 2880][config & 3] ?? 0
  if (config < 16) return config & 1 ? 960 : 480
  return [120, 240, 480, 960][config & 3] ?? 0
})

/** Duration of an Opus packet in samples at 48 kHz, from its table-of-contents byte; 0 when empty or malformed. */
export function opusTicks(packet: Buffer): number {
  const toc = packet[0]
  if (toc === undefined) return 0
  const frame = FRAME_TICKS[toc >> 3] ?? 0
  const code = toc & 3
  const frames = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 0x3f
  return frame * frames > 5760 ? 0 : frame * frames
}
