/** Events as the response of a route handler. */
import { is } from "../schema/Compiled.js"
import { RequestError } from "../schema/Errors.js"

/** How a streamed reply becomes a response. */
export interface EventResponseInit extends ResponseInit {
  /** Receives the error of a request that failed, before the response or midway. A browser gets no details of a 5xx. */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** The pause after which a silent stream sends a comment, in milliseconds: proxies close connections without traffic. */
const KEEP_ALIVE = 15_000

const encoder = new TextEncoder()
const event = (data: string): Uint8Array => encoder.encode(`data: ${data}\n\n`)

/** The status that says to a browser what an error of the server's own call says to the server. */
const statusOf = (error: RequestError): number => {
  switch (error._tag) {
    case "InvalidRequest":
      return 422
    case "TimeoutError":
      return 504
    // The key is the server's, not the browser's.
    case "Unauthorized":
    case "UnexpectedResponse":
    case "ConnectionError":
    case "StreamInterrupted":
      return 502
    default:
      return error.status ?? 500
  }
}

/** The part of a failure that a browser may see. */
interface Shown {
  readonly status: number
  readonly retryAfter: number | undefined
  /** The API's error body, as it is within a stream: with the status and the pause. */
  readonly body: string
}

const shown = (error: RequestError | undefined): Shown => {
  const status = error === undefined ? 500 : statusOf(error)
  const retryAfter = error !== undefined && "retryAfter" in error ? error.retryAfter : undefined
  const own = error !== undefined && status < 500 ? error : undefined
  const message = own?.message ?? "The server could not get a reply."
  const details = {
    message,
    code: error !== undefined && "code" in error ? error.code : undefined,
    resource: own?._tag === "NotFound" ? own.resource : undefined,
    id: own?._tag === "NotFound" ? own.id : undefined,
    issues: own !== undefined && "issues" in own && own.issues.length > 0 ? own.issues : undefined,
    reason: error?._tag === "ServerError" ? error.reason : undefined,
    status,
    retry_after: retryAfter
  }
  return { status, retryAfter, body: JSON.stringify({ error: details, detail: message }) }
}

const isRequestError = is(RequestError)

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
          end(shown(isRequestError(error) ? error : undefined).body)
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
    const { body, retryAfter, status } = shown(error)
    const pause = retryAfter === undefined ? {} : { "retry-after": String(Math.ceil(retryAfter)) }
    return new Response(body, { status, headers: { "content-type": "application/json", ...pause } })
  }
  const headers = new Headers({
    "content-type": "text/event-stream",
    // Neither caches nor compresses it on the way: both would hold events back.
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no"
  })
  for (const [name, value] of new Headers(init.headers)) headers.set(name, value)
  return new Response(bytesOf(events, onError), { ...init, headers })
}
