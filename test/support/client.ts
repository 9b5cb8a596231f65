/** Clients for tests: every manager over a stub, with a key that is easy to look for. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import { Julep } from "../../src/layers/Julep.js"
import type { JulepConfig } from "../../src/layers/JulepConfig.js"
import { type Answer, type Responder, type Stub, stub } from "./stubClient.js"

export const KEY = "sk-test-0123456789"
export const BASE = "https://julep.test/api"

/** A client over a given HTTP client. */
export const clientOver = (http: HttpClient.HttpClient, options: JulepConfig.Options = {}) =>
  Julep.make({ apiKey: KEY, baseUrl: BASE, ...options }).pipe(Effect.provideService(HttpClient.HttpClient, http))

/** A client and the stub under it. It does not retry unless the options say so. */
export const stubbed = (
  answers: Answer | ReadonlyArray<Answer> | Responder,
  options: JulepConfig.Options = {}
): Effect.Effect<{ readonly julep: Julep.Service; readonly http: Stub }> => {
  const http = stub(answers)
  return Effect.map(Effect.orDie(clientOver(http.client, { retry: false, ...options })), (julep) => ({ julep, http }))
}
