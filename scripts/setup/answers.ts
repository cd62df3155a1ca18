/** Milliseconds for a server to answer; a closed network may just be silent. */
const timeout = 8_000;

/** Whether there is something to download at that URL, from here. */
export async function answers(url: string): Promise<boolean> {
  return fetch(url, { method: "HEAD", signal: AbortSignal.timeout(timeout) }).then(
    (response) => response.ok,
    () => false,
  );
}
