/** Streams for promise callers: async iterables that are read once and stop when the reader leaves. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { deltaText, type TextEvent } from "../schema/Chat.js"
import type { RequestError } from "../schema/Errors.js"
import { type InFlight, misuse, type Outcome, type Start, type Use } from "./inFlight.js"

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
}

interface Waiter<Item> {
  readonly resolve: (result: IteratorResult<Item, undefined>) => void
  readonly reject: (reason: unknown) => void
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined }

const none: IterableIterator<never> = [][Symbol.iterator]()

/** One fiber runs the stream. After each chunk it waits until the last item is taken and another one is requested. */
class Reader<Item> implements AsyncIterableIterator<Item> {
  readonly #use: Use<Stream.Stream<Item, RequestError>>
  readonly #start: Start
  readonly #waiting: Array<Waiter<Item>> = []
  #items: Iterator<Item> = none
  #inFlight: InFlight | undefined
  #goOn: (() => void) | undefined
  #begun = false
  #ended = false
  #failure: { readonly reason: unknown } | undefined

  constructor(use: Use<Stream.Stream<Item, RequestError>>, start: Start) {
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
      (outcome) => this.#settle(outcome)
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
  readonly #use: Use<Stream.Stream<Item, RequestError>>
  readonly #start: Start
  #read = false

  constructor(use: Use<Stream.Stream<Item, RequestError>>, start: Start) {
    this.#use = use
    this.#start = start
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Item> {
    this.begin()
    return new Reader(this.#use, this.#start)
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

  /** A stream is one request: to read it twice would send it twice. */
  protected begin(): void {
    if (this.#read) throw misuse("this stream was read before. Call the method again for a new stream.")
    this.#read = true
  }
}

class StreamedReply<Event, Whole> extends Items<Event> implements ReplyStream<Event, Whole> {
  readonly #whole: (settle: (outcome: Outcome<Whole>) => void) => InFlight

  constructor(
    use: Use<Stream.Stream<Event, RequestError>>,
    accumulate: (events: Stream.Stream<Event, RequestError>) => Effect.Effect<Whole, RequestError>,
    start: Start
  ) {
    super(use, start)
    this.#whole = (settle) => start((julep) => accumulate(use(julep)), settle)
  }

  accumulate(): Promise<Whole> {
    return new Promise((resolve, reject) => {
      this.begin()
      this.#whole((outcome) => (outcome.ok ? resolve(outcome.value) : reject(outcome.reason)))
    })
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
export const itemStream = <Item>(use: Use<Stream.Stream<Item, RequestError>>, start: Start): ItemStream<Item> =>
  new Items(use, start)

/** A streamed reply. */
export const replyStream = <Event, Whole>(
  use: Use<Stream.Stream<Event, RequestError>>,
  accumulate: (events: Stream.Stream<Event, RequestError>) => Effect.Effect<Whole, RequestError>,
  start: Start
): ReplyStream<Event, Whole> => new StreamedReply(use, accumulate, start)
