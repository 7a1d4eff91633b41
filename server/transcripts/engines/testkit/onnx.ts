/** Just enough of ONNX's protobuf (onnx.proto3, IR version 8) to write tiny models for tests. */

export type Attribute = { name: string; int?: number; ints?: number[] }
export type Node = { op: string; inputs: string[]; outputs: string[]; attributes?: Attribute[] }
/** A dimension is a number, or a name where it varies. */
export type Value = { name: string; type: 'float' | 'int64'; shape: (number | string)[] }
export type Model = {
  nodes: Node[]
  weights: { name: string; shape: number[]; values: Float32Array }[]
  inputs: Value[]
  outputs: Value[]
  metadata: Record<string, string | number>
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}

const number = (field: number, value: number): Buffer => Buffer.concat([varint(field << 3), varint(value)])
const bytes = (field: number, value: Buffer | string): Buffer => {
  const content = Buffer.from(value)
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content])
}
const message = (...fields: Buffer[]): Buffer => Buffer.concat(fields)

const ELEMENT = { float: 1, int64: 7 }
const OPSET = 13

function attribute({ name, int, ints = [] }: Attribute): Buffer {
  if (int !== undefined) return message(bytes(1, name), number(3, int), number(20, 2))
  return message(bytes(1, name), ...ints.map((value) => number(8, value)), number(20, 7))
}

function node({ op, inputs, outputs, attributes = [] }: Node): Buffer {
  return message(
    ...inputs.map((name) => bytes(1, name)),
    ...outputs.map((name) => bytes(2, name)),
    bytes(4, op),
    ...attributes.map((a) => bytes(5, attribute(a))),
  )
}

function value({ name, type, shape }: Value): Buffer {
  const dimensions = shape.map((d) => bytes(1, typeof d === 'number' ? number(1, d) : bytes(2, d)))
  const tensor = message(number(1, ELEMENT[type]), bytes(2, message(...dimensions)))
  return message(bytes(1, name), bytes(2, bytes(1, tensor)))
}

/** The bytes of an `.onnx` file. */
export function encodeModel(model: Model): Buffer {
  const graph = message(
    ...model.nodes.map((n) => bytes(1, node(n))),
    bytes(2, 'toy'),
    ...model.weights.map(({ name, shape, values }) =>
      bytes(
        5,
        message(
          ...shape.map((d) => number(1, d)),
          number(2, ELEMENT.float),
          bytes(8, name),
          bytes(9, Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
        ),
      ),
    ),
    ...model.inputs.map((v) => bytes(11, value(v))),
    ...model.outputs.map((v) => bytes(12, value(v))),
  )
  return message(
    number(1, 8),
    bytes(7, graph),
    bytes(8, message(number(2, OPSET))),
    ...Object.entries(model.metadata).map(([key, v]) => bytes(14, message(bytes(1, key), bytes(2, String(v))))),
  )
}
