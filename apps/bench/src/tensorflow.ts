import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script: string = fileURLToPath(new URL('../python/train_steps.py', import.meta.url));
const venv: string = fileURLToPath(new URL('../../../.venv/bin/python', import.meta.url));

/** TensorFlow in a process of its own, on one thread. */
export interface TensorFlow {
  /** Runs training steps of one of the networks on random data. */
  steps(model: string, batch: number, steps: number): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts TensorFlow: the Python named in SECATEUR_PYTHON, else that of `.venv` at the root, which
 * `npm run conformance` makes.
 */
export async function startTensorFlow(): Promise<TensorFlow> {
  const python = process.env.SECATEUR_PYTHON || venv;
  await access(python).catch((cause: unknown) => {
    throw new Error(`no ${python}: run npm run conformance, which makes it, or set SECATEUR_PYTHON`, {
      cause,
    });
  });
  const child = spawn(python, [script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1' },
  });
  const exited = once(child, 'exit');
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async steps(model, batch, steps) {
      child.stdin.write(`${JSON.stringify({ model, batch, steps })}\n`);
      const answer = await answers.next();
      if (answer.done) throw new Error(`TensorFlow ended with code ${child.exitCode}`);
    },
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}
