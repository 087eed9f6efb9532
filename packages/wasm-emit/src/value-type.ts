/** A type of WebAssembly values: 32 or 64-bit integers, 32-bit floats, vectors of 128 bits. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'v128';

/** How each type is encoded. */
export const typeCodes: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, v128: 0x7b };
