/** Events as the response of a route handler. */
import { eventHeaders, eventText, isRequestError, shownError } from "../services/shownError.js"

/** How a streamed reply becomes a response. */
export interface EventResponseInit extends ResponseInit {
  /** Receives the error of a request that failed, before the response or midway. A browser gets no details of a 5xx. */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** The pause after which a silent stream sends a comment, in milliseconds: proxies close connections without traffic. */
const KEEP_ALIVE = 15_000

const encoder = new TextEncoder()
const event = (data: string): Uint8Array => encoder.encode(eventText(data))

/** The events as bytes, read at the pace of the response. */
const bytesOf = (events: AsyncIterator<unknown>, onError: (error: unknown) => void): ReadableStream<Uint8Array> => {
  let left = false
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const write = (bytes: Uint8Array) => {
          if (!left) controller.enqueue(bytes)
        }
        const end = (data: string) => {
          write(event(data))
          if (!left) controller.close()
        }
        const silence = setInterval(() => write(encoder.encode(": keep-alive\n\n")), KEEP_ALIVE)
        try {
          const item = await events.next()
          if (item.done === true) end("[DONE]")
          else write(event(JSON.stringify(item.value)))
        } catch (error) {
          onError(error)
          end(shownError(error).body)
        } finally {
          clearInterval(silence)
        }
      },
      cancel: async () => {
        left = true
        await events.return?.()
      }
    },
    { highWaterMark: 0 }
  )
}

/** The response of a stream, once it is opened. An error that is none of a request, such as an aborted signal, rejects. */
export const eventResponse = async (
  opened: Promise<unknown>,
  events: AsyncIterator<unknown>,
  { onError = () => {}, ...init }: EventResponseInit = {}
): Promise<Response> => {
  try {
    await opened
  } catch (error) {
    if (!isRequestError(error)) throw error
    onError(error)
    const { body, retryAfter, status } = shownError(error)
    const pause = retryAfter === undefined ? {} : { "retry-after": String(Math.ceil(retryAfter)) }
    return new Response(body, { status, headers: { "content-type": "application/json", ...pause } })
  }
  const headers = new Headers(eventHeaders)
  for (const [name, value] of new Headers(init.headers)) headers.set(name, value)
  return new Response(bytesOf(events, onError), { ...init, headers })
}
