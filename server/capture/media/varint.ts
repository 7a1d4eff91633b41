/** Appends whole numbers to a growing buffer: 7 bits a byte, least first; signed ones zigzag. Exact up to 2^53. */
export class VarintWriter {
  private buffer = Buffer.alloc(4096)
  private length = 0

  unsigned(value: number): this {
    if (this.length + 10 > this.buffer.length) this.buffer = Buffer.concat([this.buffer], this.buffer.length * 2)
    let rest = value
    while (rest >= 0x80) {
      this.buffer[this.length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.buffer[this.length++] = rest
    return this
  }

  signed(value: number): this {
    return this.unsigned(value < 0 ? -value * 2 - 1 : value * 2)
  }

  bytes(): Buffer {
    return this.buffer.subarray(0, this.length)
  }
}

/** Reads what `VarintWriter` wrote; `failed` is called when the bytes end in the middle. */
export class VarintReader {
  private readonly bytes: Buffer
  private readonly failed: () => Error
  private at = 0

  constructor(bytes: Buffer, failed: () => Error) {
    this.bytes = bytes
    this.failed = failed
  }

  get done(): boolean {
    return this.at >= this.bytes.length
  }

  unsigned(): number {
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.bytes[this.at++]
      if (byte === undefined || scale > Number.MAX_SAFE_INTEGER) throw this.failed()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }

  signed(): number {
    const value = this.unsigned()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
}
