/** A model to load in the page and what to put in: addresses of files, and a shape. */
export interface PageModel {
  /** Of a model.json. */
  readonly model: string;
  /** Of float32 values. */
  readonly input: string;
  readonly shape: readonly number[];
}

/** What to measure in the page. */
export interface Measurement extends PageModel {
  /** Of the .onnx file of the model, whose input has the channels first. */
  readonly onnx: string;
  /** Of the .tflite file of the model. */
  readonly litert: string;
  /** The network rebuilt to LiteRT's conditions: its .tflite file, and its model.json. */
  readonly litertSparse: { readonly file: string; readonly model: string };
  readonly rounds: number;
}

export type WebPeer = 'tfjs-wasm' | 'onnxruntime-web' | 'litert' | 'litert-sparse';

/** What was measured. */
export interface Measured {
  /** Milliseconds of each round. */
  readonly times: Readonly<Record<'secateur' | WebPeer, readonly number[]>>;
  /** Of what each computes before and after it is timed, against tfjs-wasm on the same network. */
  readonly maxRelErrors: Readonly<Record<'secateur' | WebPeer, number>>;
}

/** What the page can do. */
export interface PageApi {
  measure(measurement: Measurement): Promise<Measured>;
  /** The digest of what the sparse model computes. */
  digest(model: PageModel): Promise<string>;
}
