import type { FunctionBuilder, Local, ValueType } from '@secateur/wasm-emit';

/**
 * A function of our own, to be assembled when it is first called. All of its parameters are 32-bit integers. What is
 * assembled is kept by the identity of this object.
 */
export interface EmittedKernel<Call extends (...parameters: number[]) => void> {
  readonly parameters: Parameters<Call>['length'];
  readonly write: (f: FunctionBuilder) => void;
}

/** Makes each member of a family of kernels once; their numbers are integers from 0 to 99. */
export function family<Numbers extends readonly number[], Kernel>(
  make: (...numbers: Numbers) => Kernel,
): (...numbers: Numbers) => Kernel {
  const made = new Map<number, Kernel>();
  return (...numbers) => {
    let key = 0;
    for (const number of numbers) key = 100 * key + number;
    let kernel = made.get(key);
    if (kernel === undefined) {
      kernel = make(...numbers);
      made.set(key, kernel);
    }
    return kernel;
  };
}

type Repeat<T, N extends number, Made extends T[] = []> = Made['length'] extends N
  ? Made
  : Repeat<T, N, [...Made, T]>;

/** The parameters of a function that has `count` of them. */
export function parametersOf<N extends number>(f: FunctionBuilder, _count: N): Repeat<Local, N> {
  return [...f.params] as unknown as Repeat<Local, N>;
}

/** `count` new variables. */
export function variables<N extends number>(f: FunctionBuilder, type: ValueType, count: N): Repeat<Local, N> {
  return f.locals(type, count) as unknown as Repeat<Local, N>;
}

/** Adds a constant to an integer variable. */
export function advance(f: FunctionBuilder, variable: Local, bytes: number): void {
  f.get(variable).i32Const(bytes).op('i32Add').set(variable);
}

/** Adds one integer variable to another. */
export function advanceBy(f: FunctionBuilder, variable: Local, bytes: Local): void {
  f.get(variable).get(bytes).op('i32Add').set(variable);
}

/** Repeats `body` while `counter` is above zero, taking one off it each time. */
export function countDown(f: FunctionBuilder, counter: Local, body: () => void): void {
  f.get(counter).if(() =>
    f.loop((again) => {
      body();
      f.get(counter).i32Const(1).op('i32Sub').tee(counter).brIf(again);
    }),
  );
}

/** Pushes the first `count` of four floats at an address, the others zero. Reads nothing behind them. */
export function loadFloats(f: FunctionBuilder, address: Local, count: number, offset = 0): void {
  if (count === 4) {
    f.get(address).memory('v128Load', offset);
    return;
  }
  if (count === 3) f.get(address);
  f.get(address).memory(count === 1 ? 'v128Load32Zero' : 'v128Load64Zero', offset);
  if (count === 3) f.laneMemory('v128Load32Lane', 2, offset + 8);
}

/** Stores the first `count` of the four floats of a variable. */
export function storeFloats(
  f: FunctionBuilder,
  address: Local,
  values: Local,
  count: number,
  offset = 0,
): void {
  if (count === 4) {
    f.get(address).get(values).memory('v128Store', offset);
    return;
  }
  for (let lane = 0; lane < count; lane++) {
    f.get(address)
      .get(values)
      .laneMemory('v128Store32Lane', lane, offset + 4 * lane);
  }
}
