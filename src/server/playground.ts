/** `/playground`: the page of a server for a developer's browser. Its files say nothing of any developer, so they need no key. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { NotFound } from "../schema/Errors.js"
import { pathOf } from "./accessLog.js"

/** The files of the page by their names, such as `index.html` and `assets/index-1a2b3c4d.js`. */
export type PlaygroundFiles = ReadonlyMap<string, Uint8Array>

const INDEX = "index.html"

/** Its own scripts, styles and requests, and images that a conversation carries. Nothing of any other origin. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const TYPES: { readonly [extension: string]: string } = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8"
}

const responseOf = (name: string, bytes: Uint8Array): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.uint8Array(bytes, {
    contentType: TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream",
    headers: {
      "content-security-policy": POLICY,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      // The names of assets have a hash of their content.
      "cache-control": name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-store"
    }
  })

/** Leads to the page. The location is relative, so that a proxy may have the server below a path of its own. */
const toPage = (query: string) =>
  HttpServerResponse.redirect(`playground/${query}`, { headers: { vary: "Accept", "cache-control": "no-store" } })

/** The name of the file that a path below `/playground/` asks for. Only an exact name of the list is a file. */
const nameIn = (path: string): string | undefined =>
  path.startsWith("/playground/") ? path.slice(12) || INDEX : undefined

/** The app with the page, whose files are read at the first request for one, and to which browsers are led from `/`. */
export const withPlayground =
  (files: Effect.Effect<PlaygroundFiles>) =>
  <E, R>(app: HttpApp.Default<E, R>): Effect.Effect<HttpApp.Default<E | NotFound, R>> =>
    Effect.map(
      Effect.cached(
        Effect.map(files, (files) => new Map(Array.from(files, ([name, bytes]) => [name, responseOf(name, bytes)])))
      ),
      (pages) =>
        Effect.flatMap(HttpServerRequest.HttpServerRequest, (request): HttpApp.Default<E | NotFound, R> => {
          if (request.method !== "GET" && request.method !== "HEAD") return app
          const path = pathOf(request)
          const isRoot = path === "/" && /\btext\/html\b/i.test(request.headers["accept"] ?? "")
          if (isRoot) return Effect.succeed(toPage(""))
          // The page asks for its files by relative addresses, which need the slash.
          if (path === "/playground") return Effect.succeed(toPage(request.url.slice(path.length)))
          const name = nameIn(path)
          if (name === undefined) return app
          return Effect.flatMap(
            pages,
            (pages) => pages.get(name) ?? new NotFound({ message: `The playground has no file ${path}.`, status: 404 })
          )
        })
    )
