/**
 * Embeds the texts of many jobs together: a few requests at a time, each of as many texts as wait. What the embedder refuses
 * is found by dividing the request, so that one text costs no other its vector. An embedder that fails is left alone for a
 * while, which is longer each time. Passages and what was said share each request, so that a flood of docs delays no turn.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { Embedder } from "../../ports/Embedder.js"
import { ModelError } from "../../ports/Model.js"
import { startOf } from "../../text/Sentences.js"
import * as VectorSpace from "./VectorSpace.js"

/** The most texts of a request. Servers refuse more than 32 by default, and the price of a request is small beside theirs. */
export const MAX_TEXTS = 32
/**
 * After how many full requests that succeed the next ones are twice as large, if an earlier refusal made them smaller: the
 * texts may have been long, or the embedder was changed. It doubles with each refusal, up to a limit.
 */
const GROW_AFTER = 32
const MAX_GROW_AFTER = 256
/** How often a text that is refused alone is cut to half. */
const CUTS = 2
/** A text that every embedder can embed. */
const PROBE = "text"
/** How long, in milliseconds, an embedder that fails is not called: at first, at most, and at most where it says so itself. */
const INITIAL_BACKOFF = 1000
const MAX_BACKOFF = 300_000
const MAX_RETRY_AFTER = 3_600_000

/** What a text is of: a doc, or a turn or a memory. */
export type Kind = "passages" | "said"

/** What came of a text. */
export interface Embedded {
  /** None if the text was left out. */
  readonly vector: Float32Array | undefined
  /** Why the text was left out, or embedded by its beginning only. */
  readonly refusal: string | undefined
}

/** The embedder fails whatever the text. `retryAfter`: the seconds for which it is left alone. */
export class EmbedderUnavailable extends Data.TaggedError("EmbedderUnavailable")<{
  readonly message: string
  readonly retryAfter: number
}> {}

export interface EmbedQueue {
  /** Fails while the embedder is left alone. */
  readonly ready: Effect.Effect<void, EmbedderUnavailable>
  /** Says what length stored vectors have. */
  readonly expects: (dimensions: number) => void
  /** What came of each text, in order. */
  readonly embed: (
    kind: Kind,
    texts: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<Embedded>, EmbedderUnavailable>
}

/** Until when an embedder is left alone, and why. */
interface OpenCircuit {
  readonly until: number
  readonly message: string
}

interface Item {
  readonly text: string
  readonly done: Deferred.Deferred<Embedded, EmbedderUnavailable>
}

const embedded = (vector: Float32Array): Embedded => ({ vector, refusal: undefined })

/** Whether another text may succeed where these failed. */
const mayBeOfTexts = ({ reason }: ModelError): boolean => reason === "invalid_request" || reason === "unavailable"

/** Requests that find out which texts an embedder refuses. */
const makeRequests = (service: Embedder.Service) => {
  /** The length of the vectors, once it is known. */
  let dimensions = service.dimensions
  /** The most texts that the embedder takes at once. */
  let most = MAX_TEXTS
  /** How many full requests succeeded since it changed, and how many there must be before it grows. */
  let full = 0
  let growAfter = GROW_AFTER

  /** The length of the vectors that are stored. */
  let stored: number | undefined

  const ask = (texts: ReadonlyArray<string>) => VectorSpace.embed({ ...service, dimensions }, texts)

  /** One request. Two answers agree on the length of all vectors, or one with the vectors that are stored. */
  const request = Effect.fnUntraced(function* (texts: ReadonlyArray<string>) {
    const vectors = yield* ask(texts)
    const length = vectors[0]?.length
    if (dimensions === undefined) {
      const other = length === stored ? length : (yield* ask([PROBE]))[0]?.length
      if (length !== other) {
        return yield* new ModelError({
          reason: "unavailable",
          message: `The embedder ${JSON.stringify(service.name)} returned vectors of ${length} and of ${other} numbers.`
        })
      }
      dimensions = length
    }
    return vectors.map(embedded)
  })

  /** A text that is refused: the whole if the embedder was at fault, else its beginning, if the embedder takes that. */
  const alone = Effect.fnUntraced(function* (text: string, { message, reason }: ModelError) {
    let beginning = text
    for (let cut = reason === "unavailable" ? 0 : 1; cut <= CUTS && beginning !== ""; cut++) {
      if (cut > 0) beginning = startOf(beginning, beginning.length >> 1)
      const made = yield* Effect.either(request([beginning]))
      const refusal = cut === 0 ? undefined : message
      if (Either.isRight(made)) return made.right.map(({ vector }) => ({ vector, refusal }))
      if (!mayBeOfTexts(made.left)) return yield* made.left
    }
    yield* request([PROBE])
    return [{ vector: undefined, refusal: message }]
  })

  /** What came of texts that were refused together. */
  const divide = (
    texts: ReadonlyArray<string>,
    error: ModelError
  ): Effect.Effect<ReadonlyArray<Embedded>, ModelError> => {
    const [text = "", ...others] = texts
    if (others.length === 0) return alone(text, error)
    const halves = Arr.chunksOf(texts, Math.ceil(texts.length / 2))
    return Effect.map(
      Effect.forEach(halves, (half) => Effect.catchIf(request(half), mayBeOfTexts, (error) => divide(half, error))),
      Arr.flatten
    )
  }

  /** A full request was taken. */
  const grow = () => {
    if (++full < growAfter) return
    full = 0
    if (most === MAX_TEXTS) growAfter = GROW_AFTER
    most = Math.min(MAX_TEXTS, 2 * most)
  }

  /** So many texts were refused, and none of them alone. */
  const shrink = (count: number) => {
    // A request that was sent before an earlier refusal says nothing new.
    if (count > most) return
    most = Math.ceil(count / 2)
    full = 0
    growAfter = Math.min(MAX_GROW_AFTER, 2 * growAfter)
  }

  return {
    expects: (length: number) => {
      stored = length
    },
    most: () => most,
    embed: (texts: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Embedded>, ModelError> =>
      Effect.tap(request(texts), () => {
        if (texts.length >= most) grow()
      }).pipe(
        Effect.catchIf(mayBeOfTexts, (error) =>
          Effect.zipRight(request([PROBE]), divide(texts, error)).pipe(
            Effect.tap((made) => {
              const many = error.reason === "invalid_request" && made.every(({ refusal }) => refusal === undefined)
              if (many) shrink(texts.length)
            })
          )
        )
      )
  }
}

/** The queue of an embedder: so many requests run at a time. */
export const make = (service: Embedder.Service, concurrency: number): Effect.Effect<EmbedQueue, never, Scope.Scope> =>
  Effect.gen(function* () {
    const requests = makeRequests(service)
    const closed = yield* Deferred.make<never, EmbedderUnavailable>()
    const message = "The engine closed before the texts were embedded"
    yield* Effect.addFinalizer(() => Deferred.fail(closed, new EmbedderUnavailable({ message, retryAfter: 0 })))
    // Their requests go on until the queue is closed: a fiber in the scope would end before the jobs that wait for it.
    const fibers = yield* FiberSet.make<void>()
    const waiting: { readonly [_ in Kind]: Array<Item> } = { passages: [], said: [] }
    const count = () => waiting.passages.length + waiting.said.length
    /** The kind that has the odd text of the next request. */
    let odd: Kind = "said"
    let senders = 0
    let failures = 0
    let down: OpenCircuit | undefined

    const refused = ({ message, until }: OpenCircuit, now: number) =>
      new EmbedderUnavailable({ message, retryAfter: (until - now) / 1000 })

    const ready = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      down === undefined || now >= down.until ? Effect.void : refused(down, now)
    )

    /** Leaves the embedder alone, and warns once until it works again. */
    const leaveAlone = Effect.fnUntraced(function* ({ message, retryAfter = 0 }: ModelError) {
      const now = yield* Clock.currentTimeMillis
      // Requests that were sent before the first of them failed are no further failures.
      if (down === undefined || now >= down.until) failures++
      if (failures === 1)
        yield* Effect.logWarning(`Texts wait for their vectors, because the embedder fails: ${message}`)
      const pause = Math.max(
        Math.min(INITIAL_BACKOFF * 2 ** (failures - 1), MAX_BACKOFF),
        Math.min(retryAfter * 1000, MAX_RETRY_AFTER)
      )
      down = { message, until: Math.max(now + pause, down?.until ?? 0) }
      return yield* refused(down, now)
    })

    const send = Effect.fnUntraced(function* (texts: ReadonlyArray<string>) {
      yield* ready
      const made = yield* Effect.catchAll(requests.embed(texts), leaveAlone)
      failures = 0
      down = undefined
      return made
    })

    /** The texts of the next request: of each kind half, or more where the other has fewer. */
    const take = (): ReadonlyArray<Item> => {
      const most = requests.most()
      const half = odd === "said" ? Math.ceil(most / 2) : Math.floor(most / 2)
      odd = odd === "said" ? "passages" : "said"
      const said = waiting.said.splice(0, Math.max(half, most - waiting.passages.length))
      return [...said, ...waiting.passages.splice(0, most - said.length)]
    }

    /** Sends requests until no text waits. */
    const sender = Effect.gen(function* () {
      while (count() > 0) {
        const items = take()
        yield* Effect.matchCauseEffect(send(items.map(({ text }) => text)), {
          onSuccess: (made) =>
            Effect.forEach(Arr.zip(items, made), ([{ done }, one]) => Deferred.succeed(done, one), { discard: true }),
          onFailure: (cause) => Effect.forEach(items, ({ done }) => Deferred.failCause(done, cause), { discard: true })
        })
      }
      senders--
    })

    /** Adds texts, and senders where those there are do not suffice: a text that is left alone waits for company. */
    const add = Effect.fnUntraced(function* (kind: Kind, items: ReadonlyArray<Item>) {
      waiting[kind].push(...items)
      while (senders < Math.min(concurrency, Math.ceil(count() / requests.most()))) {
        senders++
        yield* FiberSet.run(fibers, Effect.interruptible(sender))
      }
      // An interruption would leave a sender that is counted, and was not started.
    }, Effect.uninterruptible)

    return {
      ready,
      expects: requests.expects,
      embed: Effect.fnUntraced(function* (kind, texts) {
        const items = yield* Effect.forEach(texts, (text) =>
          Effect.map(Deferred.make<Embedded, EmbedderUnavailable>(), (done): Item => ({ text, done }))
        )
        yield* add(kind, items)
        const made = Effect.forEach(items, ({ done }) => Deferred.await(done))
        return yield* Effect.raceFirst(made, Deferred.await(closed))
      })
    }
  })
