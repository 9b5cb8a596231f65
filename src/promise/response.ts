/** Events as the response of a route handler. */
import { eventHeaders, eventText, isRequestError, shownError } from "../services/shownError.js"

/** How a streamed reply becomes a response. */
export interface EventResponseInit<Event = unknown> extends ResponseInit {
  /**
   * Makes the data of an event, which is sent as JSON; `undefined` leaves the event out. Default: the whole event, so the
   * browser can read the recalled passages, and those of a run have the arguments and the results of its tools.
   */
  readonly map?: ((event: Event) => unknown) | undefined
  /** Receives the error of a request that failed, before the response or midway. A browser gets no details of a 5xx. */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** The pause after which a silent stream sends a comment, in milliseconds: proxies close connections without traffic. */
const KEEP_ALIVE = 15_000

/** The data of the last event. JSON of a text has quotation marks, so that no event has the same. */
const DONE = "[DONE]"

const encoder = new TextEncoder()
const event = (data: string): Uint8Array => encoder.encode(eventText(data))

/** The events as bytes, read at the pace of the response. */
const bytesOf = <Event>(
  events: AsyncIterator<Event>,
  map: (event: Event) => unknown,
  onError: (error: unknown) => void
): ReadableStream<Uint8Array> => {
  let left = false
  const next = async (): Promise<string> => {
    const item = await events.next()
    if (item.done === true) return DONE
    // The types of `JSON` hide that undefined has none.
    const data: string | undefined = JSON.stringify(map(item.value))
    return data ?? next()
  }
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
          const data = await next()
          if (data === DONE) end(data)
          else write(event(data))
        } catch (error) {
          // Of an event that cannot be made into data, the stream is still open.
          await events.return?.()
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
export const eventResponse = async <Event>(
  opened: Promise<unknown>,
  events: AsyncIterator<Event>,
  { map = (event) => event, onError = () => {}, ...init }: EventResponseInit<Event> = {}
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
  return new Response(bytesOf(events, map, onError), { ...init, headers })
}
