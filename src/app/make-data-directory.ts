import { access, constants, mkdir } from 'node:fs/promises';

/** Makes the directory, and those above it, for this user alone, unless it is there. Throws when nothing can be kept in it. */
export async function makeDataDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new Error(`The data directory "${path}" cannot be made; check its path and who may write there`, { cause });
  }
  try {
    await access(path, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const user = process.getuid === undefined ? 'this user' : `the user ${process.getuid()}`;
    throw new Error(
      `The data directory "${path}" may not be written by ${user}; give it to that user, or name another`,
      {
        cause,
      },
    );
  }
}
