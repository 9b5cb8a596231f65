/** Streams for callers of promises: async iterables that are read once and stop when nobody reads on. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { RequestError } from "../schema/Errors.js"
import { type Flight, type Launch, misuse, type Outcome, type Use } from "./inFlight.js"

/**
 * Items that come one after the other. Nothing is sent before the first is asked for, and nothing is read ahead of the
 * reader. It is read once: for another reading, call the method again. Leaving a `for await` loop (`break`, `return`,
 * `throw`) stops the request and waits until it has stopped; an aborted `signal` stops it too.
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
  /** Begins the reading. `return()` stops the request, also while `next()` is waiting. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Item>
  /** Begins the reading as a web stream of the same items; `cancel()` stops the request. */
  toReadableStream(): ReadableStream<Item>
}

/**
 * A reply as it is written: its events, or the whole of it. It is read once, in one of these ways.
 *
 * @example
 * ```ts
 * import { type Client, messageText } from "effect-julep/promise"
 *
 * const ask = async (client: Client, session: string, content: string) => {
 *   const reply = await client.sessions.chatStream(session, { messages: [{ role: "user", content }] }).accumulate()
 *   return messageText(reply)
 * }
 * ```
 */
export interface ReplyStream<Event, Reply> extends ItemStream<Event> {
  /** Reads every event and gives the reply that they amount to. */
  accumulate(): Promise<Reply>
}

interface Waiter<Item> {
  readonly resolve: (result: IteratorResult<Item, undefined>) => void
  readonly reject: (reason: unknown) => void
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined }

const none: IterableIterator<never> = [][Symbol.iterator]()

/** One fiber runs the stream and waits after each chunk until its last item is taken and another is asked for. */
class Reader<Item> implements AsyncIterableIterator<Item> {
  readonly #use: Use<Stream.Stream<Item, RequestError>>
  readonly #launch: Launch
  readonly #waiting: Array<Waiter<Item>> = []
  #items: Iterator<Item> = none
  #flight: Flight | undefined
  #goOn: (() => void) | undefined
  #begun = false
  #ended = false
  #failure: { readonly reason: unknown } | undefined

  constructor(use: Use<Stream.Stream<Item, RequestError>>, launch: Launch) {
    this.#use = use
    this.#launch = launch
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
    await this.#flight?.stop()
    return done
  }

  async throw(reason: unknown): Promise<IteratorResult<Item, undefined>> {
    await this.return()
    throw reason
  }

  #begin(): void {
    this.#begun = true
    this.#flight = this.#launch(
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
    // A reader that has left is told nothing.
    const failed = !outcome.ok && !this.#ended
    const waiter = failed ? this.#waiting.shift() : undefined
    this.#end()
    if (!failed) return
    // A failure that nobody waits for is kept for the next one who asks, not thrown.
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
  readonly #launch: Launch
  #read = false

  constructor(use: Use<Stream.Stream<Item, RequestError>>, launch: Launch) {
    this.#use = use
    this.#launch = launch
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Item> {
    this.begin()
    return new Reader(this.#use, this.#launch)
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
      // Nothing is read before it is asked for, as with the iterator.
      { highWaterMark: 0 }
    )
  }

  /** A stream is one request: a second reading would send it again. */
  protected begin(): void {
    if (this.#read) throw misuse("this stream has been read. Call the method again for another one.")
    this.#read = true
  }
}

class Reply<Event, Whole> extends Items<Event> implements ReplyStream<Event, Whole> {
  readonly #whole: (settle: (outcome: Outcome<Whole>) => void) => Flight

  constructor(
    use: Use<Stream.Stream<Event, RequestError>>,
    accumulate: (events: Stream.Stream<Event, RequestError>) => Effect.Effect<Whole, RequestError>,
    launch: Launch
  ) {
    super(use, launch)
    this.#whole = (settle) => launch((julep) => accumulate(use(julep)), settle)
  }

  accumulate(): Promise<Whole> {
    return new Promise((resolve, reject) => {
      this.begin()
      this.#whole((outcome) => (outcome.ok ? resolve(outcome.value) : reject(outcome.reason)))
    })
  }
}

/** The items of a stream. */
export const itemStream = <Item>(use: Use<Stream.Stream<Item, RequestError>>, launch: Launch): ItemStream<Item> =>
  new Items(use, launch)

/** The events of a reply, or the whole of it. */
export const replyStream = <Event, Whole>(
  use: Use<Stream.Stream<Event, RequestError>>,
  accumulate: (events: Stream.Stream<Event, RequestError>) => Effect.Effect<Whole, RequestError>,
  launch: Launch
): ReplyStream<Event, Whole> => new Reply(use, accumulate, launch)
