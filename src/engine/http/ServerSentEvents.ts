/** Server-sent events, as the engine writes them; `transport/Sse` reads them. */
const encoder = new TextEncoder()

/** One event as bytes; its data is JSON, or the word `[DONE]`. */
export const encode = (data: string): Uint8Array => encoder.encode(`data: ${data}\n\n`)

/** A comment: it keeps a silent connection open and means nothing. */
export const keepAlive: Uint8Array = encoder.encode(": keep-alive\n\n")
