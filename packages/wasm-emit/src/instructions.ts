/** Instructions without operands in the code: they take all from the stack. Opcodes from the WebAssembly specification 2.0. */
export const plain = {
  unreachable: 0x00,
  return: 0x0f,
  drop: 0x1a,
  select: 0x1b,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32Ne: 0x47,
  i32LtS: 0x48,
  i32LtU: 0x49,
  i32GtS: 0x4a,
  i32GtU: 0x4b,
  i32LeU: 0x4d,
  i32GeS: 0x4e,
  i32GeU: 0x4f,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32DivU: 0x6e,
  i32And: 0x71,
  i32Or: 0x72,
  i32Shl: 0x74,
  i32ShrS: 0x75,
  i32ShrU: 0x76,
  i64Add: 0x7c,
  i64And: 0x83,
  i64ShrU: 0x88,
  f32Add: 0x92,
  f32Sub: 0x93,
  f32Mul: 0x94,
  f32Div: 0x95,
  f32Min: 0x96,
  f32Max: 0x97,
  i32WrapI64: 0xa7,
  f32ConvertI32S: 0xb2,
  f32ReinterpretI32: 0xbe,
} as const;

/** Vector instructions without operands in the code. */
export const vector = {
  i8x16Swizzle: 0x0e,
  i32x4Splat: 0x11,
  f32x4Splat: 0x13,
  i32x4Eq: 0x37,
  i32x4GtS: 0x3b,
  f32x4Eq: 0x41,
  f32x4Lt: 0x43,
  f32x4Gt: 0x44,
  v128Not: 0x4d,
  v128And: 0x4e,
  v128Or: 0x50,
  v128Xor: 0x51,
  v128Bitselect: 0x52,
  v128AnyTrue: 0x53,
  f32x4Nearest: 0x6a,
  i16x8ExtendLowI8x16S: 0x87,
  i16x8ExtendHighI8x16S: 0x88,
  i32x4ExtendLowI16x8S: 0xa7,
  i32x4ExtendHighI16x8S: 0xa8,
  i32x4Shl: 0xab,
  i32x4ShrS: 0xac,
  i32x4Add: 0xae,
  i32x4Sub: 0xb1,
  i32x4MaxS: 0xb8,
  f32x4Neg: 0xe1,
  f32x4Sqrt: 0xe3,
  f32x4Add: 0xe4,
  f32x4Sub: 0xe5,
  f32x4Mul: 0xe6,
  f32x4Div: 0xe7,
  f32x4Min: 0xe8,
  f32x4Max: 0xe9,
  f32x4Pmin: 0xea,
  f32x4Pmax: 0xeb,
  i32x4TruncSatF32x4S: 0xf8,
  f32x4ConvertI32x4S: 0xfa,
} as const;

/** Loads and stores: the opcode, and the alignment as a power of two. */
export const memory = {
  i32Load: [0x28, 2],
  i64Load: [0x29, 3],
  f32Load: [0x2a, 2],
  i32Load8S: [0x2c, 0],
  i32Load8U: [0x2d, 0],
  i32Load16U: [0x2f, 1],
  i32Store: [0x36, 2],
  f32Store: [0x38, 2],
} as const;

/** Vector loads and stores: the opcode after the prefix, and the alignment as a power of two. */
export const vectorMemory = {
  v128Load: [0x00, 4],
  v128Load32Splat: [0x09, 2],
  v128Store: [0x0b, 4],
  v128Load32Zero: [0x5c, 2],
  v128Load64Zero: [0x5d, 3],
} as const;

/** Vector loads and stores of one lane of 32 bits. */
export const vectorLaneMemory = { v128Load32Lane: [0x56, 2], v128Store32Lane: [0x5a, 2] } as const;

/** The byte before every vector opcode. */
export const vectorPrefix = 0xfd;

/** Atomic accesses of 32 bits: the opcode after the prefix. From the threads proposal, part of WebAssembly 3.0. */
export const atomic = {
  memoryAtomicNotify: 0x00,
  memoryAtomicWait32: 0x01,
  i32AtomicLoad: 0x10,
  i32AtomicStore: 0x17,
  i32AtomicRmwAdd: 0x1e,
} as const;

/** The byte before every atomic opcode. */
export const atomicPrefix = 0xfe;
