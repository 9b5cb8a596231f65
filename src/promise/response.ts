/** A streamed reply or an error as the response of a route handler; `services/eventResponse.ts` has those of Effect. */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { eventBody, eventHeaders, logged, reported, statusProblem } from "../services/eventBody.js"
import { publicError } from "../services/publicError.js"
import { publicEvent } from "../services/publicEvent.js"
import { misuse } from "./inFlight.js"
import { reasonOf, runPromise, runPromiseExit } from "./runtime.js"
import { webStream } from "./webStream.js"

/** How a streamed reply becomes a response. `status` and `statusText` are those of a success, `headers` of any response. */
export interface EventResponseInit<Event = unknown> extends ResponseInit {
  /**
   * Makes the data of an event, which is sent as JSON; `undefined` leaves the event out. Default: the text of the reply and
   * its end, without calls of tools, their results, recalled passages and usage.
   */
  readonly map?: ((event: Event) => unknown) | undefined
  /**
   * Receives each failure whole, before the response or midway, once. Default: it is logged to stderr. An aborted signal is no
   * failure.
   */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** The headers of these, each of which replaces the one before it. */
const headersOf = (...all: ReadonlyArray<ResponseInit["headers"]>): Headers => {
  const headers = new Headers()
  for (const each of all) for (const [name, value] of new Headers(each)) headers.set(name, value)
  return headers
}

/**
 * An error of a call as the response of a route handler: 404 for `NotFound`, 422 for `InvalidRequest`, 429 with `retry-after`
 * for `RateLimited`, and so on, with a sentence for the browser as the API's error body. Messages and causes stay on the
 * server, so log the error, too. Any other value is a 500. `headers` are those of the response, for example of CORS.
 *
 * @example
 * ```ts
 * import { Client, errorResponse, messageText } from "effect-julep/promise"
 *
 * const client = new Client()
 *
 * export const POST = async (request: Request): Promise<Response> => {
 *   const { session, text } = await request.json()
 *   try {
 *     return Response.json({ text: messageText(await client.sessions.chat(session, String(text))) })
 *   } catch (error) {
 *     console.error(error)
 *     return errorResponse(error)
 *   }
 * }
 * ```
 */
export const errorResponse = (error: unknown, init: Pick<ResponseInit, "headers"> = {}): Response => {
  const { body, headers, status } = publicError(error)
  return new Response(body, { status, headers: headersOf(init.headers, headers) })
}

/** The response of the events that `read` starts to read, once the first of the chat is known. */
export const eventResponse = async <Event>(
  read: () => AsyncIterator<Event>,
  signal: AbortSignal | undefined,
  { map, onError, ...init }: EventResponseInit<Event> = {}
): Promise<Response> => {
  const problem = statusProblem(init.status)
  if (problem !== undefined) throw misuse(problem)
  const headers = headersOf(eventHeaders, init.headers)
  const report = (cause: Cause.Cause<unknown>) => {
    // An aborted request has no reader.
    if (signal?.aborted === true) return Effect.void
    return onError === undefined ? logged(cause) : Effect.promise(async () => onError(reasonOf(cause)))
  }
  const events = read()
  const source = {
    read: Effect.tryPromise({ try: () => events.next(), catch: (error) => error }),
    end: Effect.promise(async () => events.return?.())
  }
  // A reply has events of these alone, with plain ids.
  const mapped = map ?? (publicEvent as (event: Event) => unknown)
  const opened = await runPromiseExit(eventBody(source, mapped, report))
  if (Exit.isSuccess(opened))
    return new Response(
      webStream(
        () => runPromise(opened.value.next),
        () => runPromise(opened.value.end)
      ),
      { ...init, headers }
    )
  const error = reasonOf(opened.cause)
  if (signal?.aborted === true) throw error
  await runPromise(reported(opened.cause, report))
  return errorResponse(error, init)
}
