/** From the effects of the managers to promises and streams: the one place where effects are run. */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { Julep } from "../layers/Julep.js"
import type { InvalidRequest, RequestError } from "../schema/Errors.js"
import * as Service from "../services/Julep.js"
import { ResponseListener } from "../services/RequestOptions.js"
import { type Flight, misuse, type Outcome, type Use } from "./inFlight.js"
import type { RequestOptions } from "./Options.js"
import { onAbort } from "./signals.js"
import { pointTo, type Site, siteAbove } from "./stack.js"
import { type ItemStream, itemStream, type ReplyStream, replyStream } from "./streams.js"

const landed: Flight = { stop: () => Promise.resolve() }

/** Loads the layer of the assembled client. */
type Source = () => Promise<Layer.Layer<Service.Julep, unknown>>

/** Runs what the managers describe. The client is built for the first call; one that cannot be built is tried again. */
export class Runner {
  readonly #source: Source
  readonly #flights = new Set<Fiber.RuntimeFiber<unknown, unknown>>()
  #julep: Service.Julep.Service | undefined
  #starting: Promise<Service.Julep.Service> | undefined
  #scope: Scope.CloseableScope | undefined
  #closing: Promise<void> | undefined

  constructor(source: Source) {
    this.#source = source
  }

  /** Over a layer that is at hand. */
  static of(layer: Layer.Layer<Service.Julep, unknown>): Runner {
    return new Runner(() => Promise.resolve(layer))
  }

  /** One call, as a promise. */
  call<A>(use: Use<Effect.Effect<A, RequestError>>, options: RequestOptions | undefined): Promise<A> {
    const site = siteAbove(this.call)
    return new Promise((resolve, reject) => {
      this.#launch(use, options, site, (outcome) => (outcome.ok ? resolve(outcome.value) : reject(outcome.reason)))
    })
  }

  /** A stream; nothing is sent before it is read. */
  items<A>(use: Use<Stream.Stream<A, RequestError>>, options: RequestOptions | undefined): ItemStream<A> {
    const site = siteAbove(this.items)
    return itemStream(use, (effect, settle) => this.#launch(effect, options, site, settle))
  }

  /** A streamed reply; nothing is sent before it is read. */
  reply<A, Reply>(
    use: Use<Stream.Stream<A, RequestError>>,
    accumulate: (events: Stream.Stream<A, RequestError>) => Effect.Effect<Reply, RequestError>,
    options: RequestOptions | undefined
  ): ReplyStream<A, Reply> {
    const site = siteAbove(this.reply)
    return replyStream(use, accumulate, (effect, settle) => this.#launch(effect, options, site, settle))
  }

  /** Stops what is in flight and gives back what the client holds. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown()
    return this.#closing
  }

  #launch<A>(
    use: Use<Effect.Effect<A, RequestError>>,
    options: RequestOptions | undefined,
    site: Site,
    settle: (outcome: Outcome<A>) => void
  ): Flight {
    const signal = options?.signal
    if (signal?.aborted === true) {
      settle({ ok: false, reason: signal.reason })
      return landed
    }
    if (this.#closing !== undefined) {
      settle({ ok: false, reason: this.#closed(site) })
      return landed
    }
    const fiber = Effect.runFork(withOptions(Effect.flatMap(this.#ready, use), options))
    const forget = signal && onAbort(signal, () => fiber.unsafeInterruptAsFork(FiberId.none))
    this.#flights.add(fiber)
    fiber.addObserver((exit) => {
      forget?.()
      this.#flights.delete(fiber)
      settle(Exit.isSuccess(exit) ? { ok: true, value: exit.value } : this.#failed(exit.cause, signal, site))
    })
    return { stop: () => interrupt(fiber) }
  }

  #failed(cause: Cause.Cause<unknown>, signal: AbortSignal | undefined, site: Site): Outcome<never> {
    if (Cause.isInterrupted(cause)) {
      if (signal?.aborted === true) return { ok: false, reason: signal.reason }
      if (this.#closing !== undefined) return { ok: false, reason: this.#closed(site) }
    }
    const reason = Cause.squash(cause)
    // A defect keeps the place it is from.
    if (Option.isSome(Cause.failureOption(cause))) pointTo(reason, site)
    return { ok: false, reason }
  }

  #closed(site: Site): InvalidRequest {
    const error = misuse("the client is closed. Make a new one.")
    pointTo(error, site)
    return error
  }

  get #ready(): Effect.Effect<Service.Julep.Service, never> {
    if (this.#julep !== undefined) return Effect.succeed(this.#julep)
    // What keeps an engine from starting reaches the caller as it is, beside the errors that calls declare.
    const reason = (error: unknown) => error as never
    return Effect.tryPromise({ try: () => this.#start(), catch: reason })
  }

  /** Callers that come while the client is being built share it; one of them going away does not stop it. */
  #start(): Promise<Service.Julep.Service> {
    this.#starting ??= this.#build()
    return this.#starting
  }

  async #build(): Promise<Service.Julep.Service> {
    const scope = Effect.runSync(Scope.make())
    try {
      const layer = await this.#source()
      const exit = await Effect.runPromiseExit(Layer.buildWithScope(layer, scope))
      if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
      this.#scope = scope
      this.#julep = Context.get(exit.value, Service.Julep)
      return this.#julep
    } catch (error) {
      this.#starting = undefined
      await release(scope)
      throw error
    }
  }

  async #shutDown(): Promise<void> {
    await Promise.all([...this.#flights].map(interrupt))
    // A client that is still being built is closed when it is there; that it could not be built was told its callers.
    await this.#starting?.catch(() => {})
    if (this.#scope !== undefined) await release(this.#scope)
  }
}

const interrupt = (fiber: Fiber.RuntimeFiber<unknown, unknown>): Promise<void> =>
  Effect.runPromise(Effect.asVoid(Fiber.interrupt(fiber)))

const release = (scope: Scope.CloseableScope): Promise<void> => Effect.runPromise(Scope.close(scope, Exit.void))

const withOptions = <A, E>(effect: Effect.Effect<A, E>, options: RequestOptions | undefined): Effect.Effect<A, E> => {
  if (options === undefined) return effect
  const { headers, idempotencyKey, onResponse, retry, timeout } = options
  const given = Julep.withOptions({ headers, idempotencyKey, retry, timeout })(effect)
  return onResponse === undefined ? given : Effect.provideService(given, ResponseListener, onResponse)
}
