/** Server-sent events, as the engine writes them; `transport/Sse` reads them. */
const encoder = new TextEncoder()

/** Events as bytes, in one piece. The data of an event is JSON, or the word `[DONE]`. */
export const encodeAll = (events: ReadonlyArray<string>): Uint8Array =>
  encoder.encode(events.map((data) => `data: ${data}\n\n`).join(""))

/** One event as bytes. */
export const encode = (data: string): Uint8Array => encodeAll([data])

/** The event of an error: its body, with the status and the pause in seconds that a response would have. */
export const encodeError = (body: { readonly error: object }, status: number, retryAfter?: number): Uint8Array =>
  encode(JSON.stringify({ ...body, error: { ...body.error, status, retry_after: retryAfter } }))

/** A comment, which readers ignore: it keeps a silent connection open. */
export const keepAlive: Uint8Array = encoder.encode(": keep-alive\n\n")
