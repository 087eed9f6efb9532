import proto from 'onnx-proto';

const { onnx } = proto;

/** A weight. */
interface OnnxTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** One operation of a model. */
export interface OnnxNode {
  readonly op: string;
  /** The inputs behind the first, in the operator's order. */
  readonly weights?: readonly OnnxTensor[];
  /** All of integers. */
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

/** A chain of operations as the bytes of an .onnx file, with an input `x` and an output `y`. */
export function onnxChain(
  nodes: readonly OnnxNode[],
  { input, output }: { readonly input: readonly number[]; readonly output: readonly number[] },
): Uint8Array {
  const nameOf = (index: number) => (index === nodes.length - 1 ? 'y' : `t${index}`);
  const weightName = (index: number, position: number) => `w${index}_${position}`;
  return onnx.ModelProto.encode({
    irVersion: 7,
    opsetImport: [{ domain: '', version: 13 }],
    graph: {
      name: 'chain',
      node: nodes.map(({ op, weights = [], attributes = {} }, index) => ({
        opType: op,
        input: [index === 0 ? 'x' : nameOf(index - 1), ...weights.map((_, at) => weightName(index, at))],
        output: [nameOf(index)],
        attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
      })),
      initializer: nodes.flatMap(({ weights = [] }, index) =>
        weights.map((weight, at) => initializer(weightName(index, at), weight)),
      ),
      input: [valueInfo('x', input)],
      output: [valueInfo('y', output)],
    },
  }).finish();
}

const { AttributeType } = onnx.AttributeProto;
const { DataType } = onnx.TensorProto;

function attribute(name: string, value: number | readonly number[]) {
  return typeof value === 'number'
    ? { name, type: AttributeType.INT, i: value }
    : { name, type: AttributeType.INTS, ints: [...value] };
}

function initializer(name: string, { shape, values }: OnnxTensor) {
  const { buffer, byteOffset, byteLength } = values;
  const rawData = new Uint8Array(buffer, byteOffset, byteLength);
  return { name, dims: [...shape], dataType: DataType.FLOAT, rawData };
}

function valueInfo(name: string, shape: readonly number[]) {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: DataType.FLOAT, shape: { dim } } } };
}
