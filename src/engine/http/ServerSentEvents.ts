/** Server-sent events, as the engine writes them; `transport/Sse` reads them. */
const encoder = new TextEncoder()

/** One event as text. `data` is JSON, or the word `[DONE]`. */
export const write = (data: string): string => `data: ${data}\n\n`

/** Written events as bytes. */
export const encode = (events: string): Uint8Array => encoder.encode(events)

/** A comment, which readers ignore: it keeps a silent connection open. */
export const keepAlive: Uint8Array = encode(": keep-alive\n\n")
