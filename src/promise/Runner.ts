/** Turns the effects of the managers into promises and streams. Effects are run here and nowhere else. */
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
import type { InvalidRequest } from "../schema/Errors.js"
import * as Service from "../services/Julep.js"
import { ResponseListener } from "../services/RequestOptions.js"
import type { JulepError } from "./errors.js"
import { type InFlight, misuse, type Outcome, type Start, type Use } from "./inFlight.js"
import type { RequestOptions, ResponseInfo } from "./Options.js"
import { reasonOf, runFork, runPromise, runPromiseExit } from "./runtime.js"
import { onAbort } from "./signals.js"
import { type CallSite, callSiteAbove, pointTo } from "./stack.js"
import { type ItemStream, itemStream, type ReplyStream, replyStream } from "./streams.js"

const settled: InFlight = { stop: () => Promise.resolve() }

/** Loads the layer of the assembled client. */
type LoadLayer = () => Promise<Layer.Layer<Service.Julep, unknown>>

/** Runs the effects of the managers. The first call builds the client; if that fails, the next call tries again. */
export class Runner {
  readonly #load: LoadLayer
  readonly #inFlight = new Set<Fiber.RuntimeFiber<unknown, unknown>>()
  #julep: Service.Julep.Service | undefined
  #building: Promise<Service.Julep.Service> | undefined
  #scope: Scope.CloseableScope | undefined
  #closing: Promise<void> | undefined

  constructor(load: LoadLayer) {
    this.#load = load
  }

  /** A runner over a layer that is already loaded. */
  static of(layer: Layer.Layer<Service.Julep, unknown>): Runner {
    return new Runner(() => Promise.resolve(layer))
  }

  /** Runs one call, as a promise. */
  call<A>(use: Use<Effect.Effect<A, JulepError>>, options: RequestOptions | undefined): Promise<A> {
    const callSite = callSiteAbove(this.call)
    return new Promise((resolve, reject) => {
      this.#start(use, options, callSite, (outcome) => (outcome.ok ? resolve(outcome.value) : reject(outcome.reason)))
    })
  }

  /** A stream of items. Nothing is sent before it is read. */
  items<A>(use: Use<Stream.Stream<A, JulepError>>, options: RequestOptions | undefined): ItemStream<A> {
    return itemStream(use, this.#starting(options, callSiteAbove(this.items)))
  }

  /** A streamed reply. Nothing is sent before it is read. */
  reply<A, Reply>(
    use: Use<Stream.Stream<A, JulepError>>,
    accumulate: (events: Stream.Stream<A, JulepError>) => Effect.Effect<Reply, JulepError>,
    options: RequestOptions | undefined
  ): ReplyStream<A, Reply> {
    return replyStream(use, accumulate, this.#starting(options, callSiteAbove(this.reply)), options?.signal)
  }

  /** Stops the calls in flight and releases the resources of the client. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown()
    return this.#closing
  }

  #starting(options: RequestOptions | undefined, callSite: CallSite): Start {
    return (use, settle, listen) => this.#start(use, options, callSite, settle, listen)
  }

  #start<A>(
    use: Use<Effect.Effect<A, JulepError>>,
    options: RequestOptions | undefined,
    callSite: CallSite,
    settle: (outcome: Outcome<A>) => void,
    listen?: (info: ResponseInfo) => void
  ): InFlight {
    const signal = options?.signal
    if (signal?.aborted === true) {
      settle({ ok: false, reason: signal.reason })
      return settled
    }
    if (this.#closing !== undefined) {
      settle({ ok: false, reason: this.#closed(callSite) })
      return settled
    }
    const fiber = runFork(withOptions(Effect.flatMap(this.#ready, use), options, listen))
    const forget = signal && onAbort(signal, () => fiber.unsafeInterruptAsFork(FiberId.none))
    this.#inFlight.add(fiber)
    fiber.addObserver((exit) => {
      forget?.()
      this.#inFlight.delete(fiber)
      settle(Exit.isSuccess(exit) ? { ok: true, value: exit.value } : this.#failed(exit.cause, signal, callSite))
    })
    return { stop: () => interrupt(fiber) }
  }

  #failed(cause: Cause.Cause<unknown>, signal: AbortSignal | undefined, callSite: CallSite): Outcome<never> {
    if (Cause.isInterrupted(cause)) {
      if (signal?.aborted === true) return { ok: false, reason: signal.reason }
      if (this.#closing !== undefined) return { ok: false, reason: this.#closed(callSite) }
    }
    const reason = reasonOf(cause)
    // A defect keeps its own stack.
    if (Option.isSome(Cause.failureOption(cause))) pointTo(reason, callSite)
    return { ok: false, reason }
  }

  #closed(callSite: CallSite): InvalidRequest {
    const error = misuse("the client is closed. Create a new one.")
    pointTo(error, callSite)
    return error
  }

  get #ready(): Effect.Effect<Service.Julep.Service, never> {
    if (this.#julep !== undefined) return Effect.succeed(this.#julep)
    // An error of starting the engine reaches the caller as it is, beside the errors that calls declare.
    const reason = (error: unknown) => error as never
    return Effect.tryPromise({ try: () => this.#sharedBuild(), catch: reason })
  }

  /** Calls that arrive during the build share it; the interruption of one does not stop it. */
  #sharedBuild(): Promise<Service.Julep.Service> {
    this.#building ??= this.#build()
    return this.#building
  }

  async #build(): Promise<Service.Julep.Service> {
    const scope = Effect.runSync(Scope.make())
    try {
      const layer = await this.#load()
      const exit = await runPromiseExit(Layer.buildWithScope(layer, scope))
      if (Exit.isFailure(exit)) throw reasonOf(exit.cause)
      this.#scope = scope
      this.#julep = Context.get(exit.value, Service.Julep)
      return this.#julep
    } catch (error) {
      this.#building = undefined
      await release(scope)
      throw error
    }
  }

  async #shutDown(): Promise<void> {
    await Promise.all([...this.#inFlight].map(interrupt))
    // Waits for a build in progress, then closes it; if it failed, its callers already have the error.
    await this.#building?.catch(() => {})
    if (this.#scope !== undefined) await release(this.#scope)
  }
}

const interrupt = (fiber: Fiber.RuntimeFiber<unknown, unknown>): Promise<void> =>
  runPromise(Effect.asVoid(Fiber.interrupt(fiber)))

const release = (scope: Scope.CloseableScope): Promise<void> => runPromise(Scope.close(scope, Exit.void))

const withOptions = <A, E>(
  effect: Effect.Effect<A, E>,
  { onResponse, signal: _, ...options }: RequestOptions = {},
  listen?: (info: ResponseInfo) => void
): Effect.Effect<A, E> => {
  // Options of other names are passed on, and the request refuses them.
  const given = Object.keys(options).length === 0 ? effect : Julep.withOptions(options)(effect)
  if (onResponse === undefined && listen === undefined) return given
  return Effect.provideService(given, ResponseListener, (info) => {
    listen?.(info)
    onResponse?.(info)
  })
}
