/** The app of a server: the engine behind its keys and limits. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { answered, EngineApp, withRequestIds } from "../layers/ServerParts.js"
import type { JulepConfigError } from "../schema/Errors.js"
import { logged } from "./Exchange.js"
import { challenging, withIdentity } from "./Identity.js"
import { authenticateOf, check, type ServerOptions } from "./Options.js"
import { withStatus } from "./status.js"

/** The app over the engine in the context. */
export const make = (
  options: ServerOptions
): Effect.Effect<HttpApp.Default<never, Scope.Scope>, JulepConfigError, EngineApp> =>
  Effect.gen(function* () {
    yield* check(options)
    const engine = yield* EngineApp
    const authenticate = yield* authenticateOf(options)
    return challenging(answered(withIdentity(authenticate)(() => engine))).pipe(
      withStatus(engine),
      logged(options.accessLog ?? true),
      withRequestIds
    )
  })
