/** Calls of one client, each made twice: at the endpoint itself, and at an engine in front of it. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { KEY, serveEngine } from "../servedEngine.js"
import { ENDPOINT_KEY, endpoint, type OpenAiEndpoint } from "./endpoint.js"
import { PAUSE } from "./faults.js"
import { outcomeOf, type Replacements, requestOf } from "./outcome.js"

/** A server that a client is pointed at. */
export interface End {
  readonly baseURL: string
  readonly apiKey: string
}

/** Both servers, and the endpoint that answers in either case. */
export interface Ends {
  readonly upstream: OpenAiEndpoint
  readonly base: End
  readonly engine: End
}

const serveBoth = Effect.gen(function* () {
  const upstream = yield* endpoint
  const baseURL = `${upstream.origin}/v1`
  const at = { url: baseURL, apiKey: ENDPOINT_KEY }
  const origin = yield* serveEngine({
    model: { ...at, name: "echo" },
    embedder: { ...at, name: "embed" }
  })
  const ends: Ends = {
    upstream,
    base: { baseURL, apiKey: ENDPOINT_KEY },
    engine: { baseURL: `${origin}/v1`, apiKey: KEY }
  }
  return ends
})

/** What is built before the tests of a `describe` and closed after them. */
const shared = <A>(build: Effect.Effect<A, unknown, Scope.Scope>): (() => A) => {
  const scope = Effect.runSync(Scope.make())
  let built: Option.Option<A> = Option.none()
  beforeAll(async () => {
    built = Option.some(await Effect.runPromise(Scope.extend(build, scope)))
  })
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
  return () => Option.getOrThrowWith(built, () => new Error("servers are there only while tests run"))
}

/** Both servers, for the tests of a `describe`. */
export const useEnds = (): (() => Ends) => shared(serveBoth)

/** An engine of these options, for the tests of a `describe`. */
export const useServer = (options: Parameters<typeof serveEngine>[0]): (() => End) =>
  shared(Effect.map(serveEngine(options), (origin) => ({ baseURL: `${origin}/v1`, apiKey: KEY })))

/** How long a call may take, in milliseconds: both sides of an image of 4 MB share the thread of the tests. */
const LIMIT = 60_000

/** Runs a call while pauses as long as the endpoint's own pass at once; also returns how many there were. */
const withoutPauses = async <A>(run: () => Promise<A>) => {
  const real = globalThis.setTimeout
  let pauses = 0
  const spy = vi.spyOn(globalThis, "setTimeout").mockImplementation(
    // The overloads of Node's function, of which one is enough here.
    ((run: (...args: ReadonlyArray<unknown>) => void, after?: number, ...args: ReadonlyArray<unknown>) => {
      if (after !== PAUSE * 1000) return real(run, after, ...args)
      pauses++
      return real(run, 0, ...args)
    }) as typeof setTimeout
  )
  try {
    return { result: await run(), pauses }
  } finally {
    spy.mockRestore()
  }
}

/** One call: what it returns is its outcome. */
export type Call<Client> = (client: Client, end: End) => PromiseLike<unknown>

/** Calls by their names: those that the endpoint answers, and those that it refuses. */
export interface Calls<Client> {
  readonly succeed: Readonly<Record<string, Call<Client>>>
  readonly fail: Readonly<Record<string, Call<Client>>>
}

/**
 * One test for each call: its outcome through the engine equals that at the endpoint, and so do the requests that the
 * endpoint receives. The title is the client's name and version, because a script counts the tests below it.
 */
export const compare = <Client>(title: string, make: (end: End) => Client, { fail, succeed }: Calls<Client>) =>
  describe(title, () => {
    const ends = useEnds()
    const observe = async (end: End, call: Call<Client>) => {
      const { upstream } = ends()
      const before = upstream.received.length
      const replacements: Replacements = [
        [end.baseURL, "(base)"],
        [end.apiKey, "(key)"],
        [new URL(end.baseURL).host, "(host)"]
      ]
      const run = () => outcomeOf(async () => call(make(end), end), replacements)
      const { pauses, result } = await withoutPauses(run)
      return { outcome: result, pauses, received: upstream.received.slice(before).map(requestOf) }
    }
    const equal = async (kind: "value" | "error", call: Call<Client>) => {
      const { base, engine } = ends()
      const atBase = await observe(base, call)
      expect(atBase.outcome, "at the endpoint itself").toEqual({ [kind]: expect.anything() })
      expect(await observe(engine, call)).toEqual(atBase)
    }
    for (const [name, call] of Object.entries(succeed)) it(name, () => equal("value", call), LIMIT)
    for (const [name, call] of Object.entries(fail)) it(name, () => equal("error", call), LIMIT)
  })
