/** Streams for promise callers: async iterables that are read once and stop when the reader leaves. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { deltaText, type TextEvent } from "../schema/Chat.js"
import type { JulepError } from "./errors.js"
import { type InFlight, misuse, type Outcome, type Start, type Use } from "./inFlight.js"
import type { ResponseInfo } from "./Options.js"
import { type EventResponseInit, eventResponse } from "./response.js"
import { webStream } from "./webStream.js"

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
   * The reply as the response of a route handler: server-sent events in the form of this API, with `[DONE]` at the end. The
   * browser gets the text of the reply, unless `map` says otherwise. It resolves with the first event of the chat, which a
   * resumed run has after its first tools, or after 15 seconds. If the request fails before, the response is that of `errorResponse`: 404 for
   * `NotFound`, 422 for `InvalidRequest`, 429 with `retry-after`, and so on. A failure midway is the last event. `onError`
   * receives the error, which is logged otherwise. Cancelling the response, as servers do when the browser leaves, stops the
   * turn; give the `signal` of the request to stop the wait before it, too: then it rejects with the reason of the signal.
   * Rejects with `InvalidRequest` before anything is sent if the `status` of `init` is that of a response without a body.
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
  readonly #opened: Promise<ResponseInfo>
  #open!: (info: ResponseInfo) => void
  #openingFailed!: (reason: unknown) => void
  #info: ResponseInfo | undefined
  #begun = false
  #ended = false
  #failure: { readonly reason: unknown } | undefined

  constructor(use: Use<Stream.Stream<Item, JulepError>>, start: Start) {
    this.#use = use
    this.#start = start
    this.#opened = new Promise((resolve, reject) => {
      this.#open = resolve
      this.#openingFailed = reject
    })
    // A rejection must not be unhandled where `opened` is never called.
    this.#opened.catch(() => {})
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

  /** The response that the events come from, or the failure to get one. */
  opened(): Promise<ResponseInfo> {
    if (this.#ended) this.#openingFailed(left())
    else if (!this.#begun) this.#begin()
    return this.#opened
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
        this.#info = info
        // A run reads history and claims calls before.
        if (isSuccess(info) && /event-stream/.test(info.headers["content-type"] ?? "")) this.#open(info)
      }
    )
  }

  #deliver(chunk: Chunk.Chunk<Item>, goOn: () => void): void {
    const items = Chunk.toReadonlyArray(chunk)[Symbol.iterator]()
    this.#items = items
    if (this.#info !== undefined) this.#open(this.#info)
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
    this.#openingFailed(outcome.ok || this.#ended ? left() : outcome.reason)
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
    return webStream(
      async () => (await items.next()).value,
      async () => {
        await items.return?.()
      }
    )
  }
}

class StreamedReply<Event, Whole> extends Items<Event> implements ReplyStream<Event, Whole> {
  readonly #whole: (events: ReadonlyArray<Event>, settle: (outcome: Outcome<Whole>) => void) => InFlight
  readonly #signal: AbortSignal | undefined

  constructor(
    use: Use<Stream.Stream<Event, JulepError>>,
    accumulate: (events: Stream.Stream<Event, JulepError>) => Effect.Effect<Whole, JulepError>,
    start: Start,
    signal: AbortSignal | undefined
  ) {
    super(use, start)
    this.#signal = signal
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

  toResponse(init?: EventResponseInit<Event>): Promise<Response> {
    return eventResponse(() => this[Symbol.asyncIterator](), this.#signal, init)
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
  start: Start,
  signal: AbortSignal | undefined
): ReplyStream<Event, Whole> => new StreamedReply(use, accumulate, start, signal)
