/** Streams for promise callers: async iterables that are read once and stop when the reader leaves. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { deltaText, type TextEvent } from "../schema/Chat.js"
import type { JulepError } from "../schema/Errors.js"
import { type InFlight, misuse, type Outcome, type Start, type Use } from "./inFlight.js"
import type { ResponseInfo } from "./Options.js"
import { type EventResponseInit, eventResponse } from "./response.js"

/**
 * A stream of items. The request is sent when the first item is read, and nothing is read ahead. A stream can be read
 * once; to read again, call the method again: a second reader gets `InvalidRequest`. Leaving a `for await` loop (`break`,
 * `return`, `throw`) stops the request and waits until it has stopped. An aborted `signal` stops it too.
 *
 * @example
 * ```ts
 * import { Client } from "effect-julep/promise"
 *
 * const first = async (client: Client, name: string) => {
 *   for await (const agent of client.agents.listAll({ limit: 50 })) {
 *     if (agent.name === name) return agent
 *   }
 * }
 * ```
 */
export interface ItemStream<Item> extends AsyncIterable<Item> {
  /** Starts to read. `return()` stops the request, even while `next()` is waiting. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Item>
  /** Starts to read, as a web stream of the same items. `cancel()` stops the request. */
  toReadableStream(): ReadableStream<Item>
}

/**
 * A streamed reply: iterate over its events, or collect them into one reply with `accumulate()`. It can be read once.
 *
 * @example
 * ```ts
 * import { type Client, messageText } from "effect-julep/promise"
 *
 * const ask = async (client: Client, session: string, content: string) => {
 *   const reply = await client.sessions.chatStream(session, content).accumulate()
 *   return messageText(reply)
 * }
 * ```
 */
export interface ReplyStream<Event, Reply> extends ItemStream<Event> {
  /** Reads every event and collects them into one reply. Rejects with the error that ends the stream. */
  accumulate(): Promise<Reply>
  /**
   * Sends the request, and resolves to the server's response once its status is known to be a success. Rejects with the error
   * of any other status, or of no response. Then read the stream; a stream that is opened and not read stays open until its
   * signal is aborted or the client is closed.
   */
  opened(): Promise<ResponseInfo>
  /**
   * The events as the response of a route handler: server-sent events in the form of this API, with `[DONE]` at the end. It
   * resolves once the status is known. If the request fails before, the response has the status of the failure and the API's
   * error body: 404 for `NotFound`, 422 for `InvalidRequest`, 429 with `retry-after`, and so on; failures of the server and
   * its model are a 5xx without details, which `onError` receives. A failure midway is the last event. Cancelling the response,
   * as servers do when the browser leaves, stops the turn; give the `signal` of the request to stop the wait before it, too.
   *
   * @example
   * ```ts
   * import { Client } from "effect-julep/promise"
   *
   * const client = new Client()
   *
   * export const POST = async (request: Request): Promise<Response> => {
   *   const { session, text } = await request.json()
   *   return client.sessions.chatStream(session, String(text), { signal: request.signal }).toResponse()
   * }
   * ```
   */
  toResponse(init?: EventResponseInit<Event>): Promise<Response>
}

interface Waiter<Item> {
  readonly resolve: (result: IteratorResult<Item, undefined>) => void
  readonly reject: (reason: unknown) => void
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined }

const left = () => misuse("the stream was left before the server responded.")

const none: IterableIterator<never> = [][Symbol.iterator]()

const isSuccess = ({ status }: ResponseInfo): boolean => status >= 200 && status < 300

/** One fiber runs the stream. After each chunk it waits until the last item is taken and another one is requested. */
class Reader<Item> implements AsyncIterableIterator<Item> {
  readonly #use: Use<Stream.Stream<Item, JulepError>>
  readonly #start: Start
  readonly #waiting: Array<Waiter<Item>> = []
  #items: Iterator<Item> = none
  #inFlight: InFlight | undefined
  #goOn: (() => void) | undefined
  readonly #opening: Array<(settled: Promise<ResponseInfo>) => void> = []
  #opened: Promise<ResponseInfo> | undefined
  #begun = false
  #ended = false
  #failure: { readonly reason: unknown } | undefined

  constructor(use: Use<Stream.Stream<Item, JulepError>>, start: Start) {
    this.#use = use
    this.#start = start
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    const item = this.#items.next()
    if (item.done !== true) return Promise.resolve(item)
    if (this.#failure !== undefined) {
      const { reason } = this.#failure
      this.#failure = undefined
      return Promise.reject(reason)
    }
    if (this.#ended) return Promise.resolve(done)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      if (!this.#begun) this.#begin()
      const goOn = this.#goOn
      this.#goOn = undefined
      goOn?.()
    })
  }

  /** The first response with a success, or the failure to get one. */
  opened(): Promise<ResponseInfo> {
    if (this.#opened !== undefined) return this.#opened
    if (this.#ended) return Promise.reject(left())
    return new Promise((resolve) => {
      this.#opening.push(resolve)
      if (!this.#begun) this.#begin()
    })
  }

  #open(settled: () => Promise<ResponseInfo>): void {
    if (this.#opened !== undefined) return
    // A rejection that nobody waits for must not be unhandled.
    this.#opened = settled()
    this.#opened.catch(() => {})
    for (const resolve of this.#opening.splice(0)) resolve(this.#opened)
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    this.#end()
    await this.#inFlight?.stop()
    return done
  }

  async throw(reason: unknown): Promise<IteratorResult<Item, undefined>> {
    await this.return()
    throw reason
  }

  #begin(): void {
    this.#begun = true
    this.#inFlight = this.#start(
      (julep) =>
        Stream.runForEachChunk(this.#use(julep), (chunk) =>
          Effect.async<void>((resume) => this.#deliver(chunk, () => resume(Effect.void)))
        ),
      (outcome) => this.#settle(outcome),
      (info) => {
        if (isSuccess(info)) this.#open(() => Promise.resolve(info))
      }
    )
  }

  #deliver(chunk: Chunk.Chunk<Item>, goOn: () => void): void {
    const items = Chunk.toReadonlyArray(chunk)[Symbol.iterator]()
    this.#items = items
    while (this.#waiting.length > 0) {
      const item = items.next()
      if (item.done === true) {
        goOn()
        return
      }
      this.#waiting.shift()?.resolve(item)
    }
    this.#goOn = goOn
  }

  #settle(outcome: Outcome<void>): void {
    this.#open(() => Promise.reject(outcome.ok || this.#ended ? left() : outcome.reason))
    // A reader that has left gets no error.
    const failed = !outcome.ok && !this.#ended
    const waiter = failed ? this.#waiting.shift() : undefined
    this.#end()
    if (!failed) return
    // Without a waiting reader, the failure is kept for the next call of `next()`, not thrown.
    if (waiter === undefined) this.#failure = { reason: outcome.reason }
    else waiter.reject(outcome.reason)
  }

  #end(): void {
    this.#ended = true
    this.#failure = undefined
    this.#items = none
    for (const waiter of this.#waiting.splice(0)) waiter.resolve(done)
  }
}

class Items<Item> implements ItemStream<Item> {
  protected readonly reader: Reader<Item>
  #read = false

  constructor(use: Use<Stream.Stream<Item, JulepError>>, start: Start) {
    this.reader = new Reader(use, start)
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Item> {
    // A stream is one request: to read it twice would send it twice.
    if (this.#read) throw misuse("this stream was read before. Call the method again for a new stream.")
    this.#read = true
    return this.reader
  }

  toReadableStream(): ReadableStream<Item> {
    const items = this[Symbol.asyncIterator]()
    return new ReadableStream<Item>(
      {
        pull: async (controller) => {
          const item = await items.next()
          if (item.done === true) controller.close()
          else controller.enqueue(item.value)
        },
        cancel: async () => {
          await items.return?.()
        }
      },
      // Reads nothing ahead, like the iterator.
      { highWaterMark: 0 }
    )
  }
}

class StreamedReply<Event, Whole> extends Items<Event> implements ReplyStream<Event, Whole> {
  readonly #whole: (events: ReadonlyArray<Event>, settle: (outcome: Outcome<Whole>) => void) => InFlight

  constructor(
    use: Use<Stream.Stream<Event, JulepError>>,
    accumulate: (events: Stream.Stream<Event, JulepError>) => Effect.Effect<Whole, JulepError>,
    start: Start
  ) {
    super(use, start)
    this.#whole = (events, settle) => start(() => accumulate(Stream.fromIterable(events)), settle)
  }

  async accumulate(): Promise<Whole> {
    const events: Array<Event> = []
    for await (const event of this) events.push(event)
    return new Promise((resolve, reject) => {
      this.#whole(events, (outcome) => (outcome.ok ? resolve(outcome.value) : reject(outcome.reason)))
    })
  }

  opened(): Promise<ResponseInfo> {
    return this.reader.opened()
  }

  async toResponse(init?: EventResponseInit<Event>): Promise<Response> {
    const events = this[Symbol.asyncIterator]()
    return eventResponse(this.opened(), events, init)
  }
}

/**
 * The whole text of a streamed reply. Rejects with the error that ends the stream.
 *
 * @example
 * ```ts
 * import { type Client, textOf } from "effect-julep/promise"
 *
 * const ask = (client: Client, session: string, question: string) =>
 *   textOf(client.sessions.chatStream(session, question))
 * ```
 */
export const textOf = async (events: AsyncIterable<TextEvent>): Promise<string> => {
  let text = ""
  for await (const event of events) text += deltaText(event)
  return text
}

/** A stream of items. */
export const itemStream = <Item>(use: Use<Stream.Stream<Item, JulepError>>, start: Start): ItemStream<Item> =>
  new Items(use, start)

/** A streamed reply. */
export const replyStream = <Event, Whole>(
  use: Use<Stream.Stream<Event, JulepError>>,
  accumulate: (events: Stream.Stream<Event, JulepError>) => Effect.Effect<Whole, JulepError>,
  start: Start
): ReplyStream<Event, Whole> => new StreamedReply(use, accumulate, start)
