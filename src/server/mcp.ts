/** `/mcp`: the agents of a key's developer as servers of the Model Context Protocol, for pages of listed origins alone. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type EngineApp, type EngineLimits, layerClient, withWireErrors } from "../layers/ServerParts.js"
import { Unauthorized } from "../schema/Errors.js"
import type { Identity } from "./Identity.js"
import type { ServerOptions } from "./Options.js"

export const isMcp = (path: string): boolean => /^\/mcp\/?$/.test(path)

/** Refuses pages that are not listed: the protocol asks the server to check them, although browsers do so, too. */
export const withListedOrigins =
  (origins: ReadonlyArray<string>) =>
  <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E | Unauthorized, R> =>
    Effect.flatMap(
      HttpServerRequest.HttpServerRequest,
      ({ headers: { origin } }): HttpApp.Default<E | Unauthorized, R> => {
        if (origin === undefined || origins.includes(origin)) return app
        const message =
          "Pages of this origin may not use /mcp. List it in the option `cors`, or with --cors of the command."
        return Effect.fail(new Unauthorized({ message, code: "ORIGIN_NOT_ALLOWED", status: 403 }))
      }
    )

/** The app for a key, over the app that the options make. */
export const make =
  (
    mcp: Effect.Effect.Success<NonNullable<ServerOptions["mcp"]>>,
    limits: EngineLimits & { readonly maxBodySize?: number | undefined }
  ) =>
  ({ developer }: Identity): HttpApp.Default<never, Scope.Scope | EngineApp> =>
    withWireErrors(Effect.provide(mcp, layerClient(developer)), limits)
