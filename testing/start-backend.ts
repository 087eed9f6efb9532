import { getBackend, setBackend } from '@tensorflow/tfjs-core';

/** Makes a backend the active one. `setBackend` answers false where it could not, and tests would run on another. */
export async function startBackend(name: string): Promise<void> {
  if (!(await setBackend(name)) || getBackend() !== name)
    throw new Error(`The backend ${name} does not start here`);
}
