/** Fails a case unless both are the same, as JSON. */
export function equal(got: unknown, want: unknown, what = "got"): void {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
  if (a !== b) {
    throw new Error(`${what} ${a}, want ${b}`);
  }
}

/** Returns what a call fails with, or fails the case. */
export async function failure(call: Promise<unknown>): Promise<unknown> {
  let result: unknown;
  try {
    result = await call;
  } catch (e) {
    return e;
  }
  throw new Error(`the call did not fail, but returned ${JSON.stringify(result)}`);
}
