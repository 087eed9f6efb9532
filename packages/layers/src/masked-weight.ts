import {
  applyMask,
  countKept,
  intersectMasks,
  type Mask,
  type MaskStrategy,
  unitMask,
  unpackMask,
  type WeightKind,
  type WeightView,
} from '@secateur/masks';
import { dispose, keep, mul, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';

/** A variable as the mask needs it: LayerVariable is one. */
export interface MaskedVariable {
  readonly shape: readonly (number | null)[];
  read(): Tensor;
  write(value: Tensor): unknown;
}

export interface MaskedWeightArgs {
  readonly name: string;
  readonly kind: WeightKind;
  readonly variable: MaskedVariable;
  readonly bias: MaskedVariable | undefined;
  readonly strategy: MaskStrategy;
  readonly regrowth: boolean;
  readonly mask: Mask;
}

/** A weight that is trained under a mask. The mask lives bit-packed on the host and as 0/1 float32 on the device. */
export class MaskedWeight {
  readonly name: string;
  readonly #args: MaskedWeightArgs;
  readonly #shape: readonly number[];
  #mask: Mask;
  #kept: number;
  /** Undefined while nothing is pruned. */
  #deviceMask: Tensor | undefined;
  #deviceBiasMask: Tensor | undefined;

  constructor(args: MaskedWeightArgs) {
    this.name = args.name;
    this.#args = args;
    this.#shape = args.variable.read().shape;
    this.#mask = args.mask;
    this.#kept = countKept(args.mask);
    this.#upload();
  }

  get mask(): Mask {
    return this.#mask;
  }

  /** Number of weights that the mask keeps. */
  get kept(): number {
    return this.#kept;
  }

  get #prunes(): boolean {
    return this.#kept < this.#mask.length;
  }

  /** The weight as strategies rank it. Pruned weights count as zero unless they may grow back. */
  async view(): Promise<WeightView> {
    const { variable, regrowth, kind } = this.#args;
    const values = await variable.read().data<'float32'>();
    // A copy, since the cpu backend gives the tensor's own memory.
    const masked = regrowth || !this.#prunes ? values : applyMask(values.slice(), this.#mask);
    return { name: this.name, kind, shape: this.#shape, values: masked };
  }

  /** Takes a new mask. Without regrowth what was pruned stays so. */
  setMask(mask: Mask): void {
    this.#mask = this.#args.regrowth ? mask : intersectMasks(this.#mask, mask);
    this.#kept = countKept(this.#mask);
    this.dispose();
    this.#upload();
  }

  /** Sets the pruned weights, and the biases of pruned units, to zero. Synchronous and on the device. */
  apply(): void {
    const { variable, bias } = this.#args;
    if (this.#deviceMask !== undefined) maskVariable(variable, this.#deviceMask);
    if (bias !== undefined && this.#deviceBiasMask !== undefined) maskVariable(bias, this.#deviceBiasMask);
  }

  /** Frees the masks on the device. */
  dispose(): void {
    dispose([this.#deviceMask, this.#deviceBiasMask].filter((mask) => mask !== undefined));
    this.#deviceMask = undefined;
    this.#deviceBiasMask = undefined;
  }

  #upload(): void {
    if (!this.#prunes) return;
    const { kind, bias, strategy } = this.#args;
    this.#deviceMask = toDevice(this.#mask, this.#shape);
    if (bias !== undefined && strategy.prunesUnits) {
      this.#deviceBiasMask = toDevice(unitMask(this.#mask, { kind, shape: this.#shape }), bias.read().shape);
    }
  }
}

function toDevice(mask: Mask, shape: readonly number[]): Tensor {
  return keep(tensor(unpackMask(mask), [...shape], 'float32'));
}

function maskVariable(variable: MaskedVariable, mask: Tensor): void {
  tidy(() => {
    variable.write(mul(variable.read(), mask));
  });
}
