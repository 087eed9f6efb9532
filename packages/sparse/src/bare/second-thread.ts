import { SparseError } from '../sparse-error.js';

/** The other thread of a bare model. */
export interface SecondThread {
  stop(): void;
}

/** What the thread does: it says that it's there, and serves until it is stopped. */
const serve = `({ module, memory }, ready) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  ready();
  exports.serve();
}`;

/** Starts the other thread: a worker of Node or of the page. */
export async function startSecondThread(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Promise<SecondThread> {
  const data = { module, memory };
  // Not by whether there is a Worker: some libraries give Node one that isn't the page's.
  return typeof process === 'object' && process.versions?.node !== undefined
    ? startInNode(data)
    : startInPage(data);
}

interface ThreadData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

async function startInPage(data: ThreadData): Promise<SecondThread> {
  const code = `onmessage = ({ data }) => (${serve})(data, () => postMessage('ready'));`;
  const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
  const worker = new Worker(url);
  try {
    await new Promise((resolve, reject) => {
      worker.onmessage = resolve;
      worker.onerror = ({ message }) =>
        reject(new SparseError(`the second thread did not start: ${message}`));
      worker.postMessage(data);
    });
  } finally {
    URL.revokeObjectURL(url);
  }
  return { stop: () => worker.terminate() };
}

async function startInNode(workerData: ThreadData): Promise<SecondThread> {
  const { Worker: NodeWorker } = await import('node:worker_threads');
  const code = `const { parentPort, workerData } = require('node:worker_threads');
    (${serve})(workerData, () => parentPort.postMessage('ready'));`;
  const worker = new NodeWorker(code, { eval: true, workerData });
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', ({ message }) =>
      reject(new SparseError(`the second thread did not start: ${message}`)),
    );
  });
  // A program that has nothing else to do may end.
  worker.unref();
  return { stop: () => void worker.terminate() };
}
