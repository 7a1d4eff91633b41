import { ascii } from './bytes.ts'

/** What the first bytes say the file is, with what to call it when it is refused. */
export type Sniffed =
  | { kind: 'wav' | 'ogg' | 'flac' | 'mp4' | 'amr' | 'adts' | 'mpeg' | 'unknown' }
  | { kind: 'other'; what: string }
  | { kind: 'unsupported'; what: string }

const foreign: [string, string][] = [
  ['\x7fELF', 'a program (ELF)'],
  ['PK\x03\x04', 'a ZIP archive or an office document'],
  ['PK\x05\x06', 'a ZIP archive'],
  ['\x89PNG', 'a PNG image'],
  ['\xff\xd8\xff', 'a JPEG image'],
  ['GIF8', 'a GIF image'],
  ['%PDF', 'a PDF document'],
  ['\x1f\x8b', 'a gzip archive'],
  ['Rar!', 'a RAR archive'],
  ["7z\xbc\xaf'\x1c", 'a 7-Zip archive'],
  ['BZh', 'a bzip2 archive'],
  ['\xfd7zXZ', 'an xz archive'],
  ['\x28\xb5\x2f\xfd', 'a Zstandard archive'],
  ['MZ', 'a Windows program'],
  ['<?xml', 'an XML document'],
  ['{\\rtf', 'a text document'],
]

const unsupported: [string, string][] = [
  ['RIFX', 'big-endian WAV (RIFX)'],
  ['riff', 'Sony Wave64'],
  ['\x1aE\xdf\xa3', 'Matroska or WebM'],
  ['\x30\x26\xb2\x75', 'Windows Media (ASF)'],
  ['FORM', 'AIFF'],
  ['caff', 'Core Audio (CAF)'],
  ['.snd', 'Sun audio (AU)'],
  ['MThd', 'MIDI'],
  ['wvpk', 'WavPack'],
  ['MAC ', "Monkey's Audio"],
]

/** Tells a file by its first bytes; its name and declared type play no part. `head` starts after any ID3v2 tag. */
export function sniff(head: Buffer): Sniffed {
  const magic = ascii(head, 0, 12)
  if (
    (magic.startsWith('RIFF') || magic.startsWith('RF64') || magic.startsWith('BW64')) &&
    magic.slice(8, 12) === 'WAVE'
  )
    return { kind: 'wav' }
  if (magic.startsWith('RIFF')) return { kind: 'other', what: 'a RIFF file without sound (AVI, WebP)' }
  if (magic.startsWith('OggS')) return { kind: 'ogg' }
  if (magic.startsWith('fLaC')) return { kind: 'flac' }
  if (magic.slice(4, 8) === 'ftyp') return { kind: 'mp4' }
  if (magic.startsWith('#!AMR')) return { kind: 'amr' }
  const other = foreign.find(([start]) => magic.startsWith(start))
  if (other) return { kind: 'other', what: other[1] }
  const known = unsupported.find(([start]) => magic.startsWith(start))
  if (known) return { kind: 'unsupported', what: known[1] }
  if (head.length >= 2 && head[0] === 0xff && (head[1]! & 0xf6) === 0xf0) return { kind: 'adts' }
  if (head.length >= 2 && head[0] === 0xff && (head[1]! & 0xe0) === 0xe0) return { kind: 'mpeg' }
  if (looksLikeText(head)) return { kind: 'other', what: 'text' }
  return { kind: 'unknown' }
}

function looksLikeText(head: Buffer): boolean {
  const sample = head.subarray(0, 512)
  return sample.length > 0 && sample.every((b) => b === 9 || b === 10 || b === 13 || (b >= 32 && b !== 127))
}

/** Bytes of a leading ID3v2 tag with its header and footer; 0 without one (id3v2.4 §3.1). */
export function id3Length(head: Buffer): number {
  if (head.length < 10 || ascii(head, 0, 3) !== 'ID3') return 0
  const size = head.subarray(6, 10)
  if (size.some((b) => b > 127)) return 0
  const body = (size[0]! << 21) | (size[1]! << 14) | (size[2]! << 7) | size[3]!
  return 10 + body + (head[5]! & 0x10 ? 10 : 0)
}
