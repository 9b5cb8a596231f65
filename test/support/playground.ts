/** The playground in Chromium: a page of a server of its own for each test, and what must hold in every one of them. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import axe, { type AxeResults } from "axe-core"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type * as Scope from "effect/Scope"
import type { Locator, Page } from "playwright-core"
import { afterAll, expect, it } from "vitest"
import { Client } from "../../src/promise/index.js"
import type * as Server from "../../src/server/Server.js"
import { BuiltPage } from "./builtPage.js"
import { Browser } from "./chromium.js"
import { KEY, servedPort } from "./serving.js"

/** Longer than the page takes on a machine with other work. */
const PATIENCE = 15_000

/** A test of the page, on the real clock. */
export type It = (name: string, body: () => Effect.Effect<void, unknown, Browser | BuiltPage | Scope.Scope>) => void

/**
 * The `it` of tests that share one browser and one built page, which last until the tests of the file have ended. `layer` of
 * `@effect/vitest` is not a way to share them: it changes the `it` of all test files of its thread.
 */
export const sharing = (): It => {
  const runtime = ManagedRuntime.make(Layer.merge(Browser.layer, BuiltPage.layer))
  afterAll(() => runtime.dispose(), PATIENCE)
  return (name, body) => {
    it(name, ({ signal }) => runtime.runPromise(Effect.scoped(body()), { signal }))
  }
}

/** What is selected in the address of the page. */
export interface Selected {
  readonly agent?: string
  readonly user?: string
  readonly session?: string
}

/** The page of a test. */
export interface Visit {
  readonly page: Page
  /** A client of its server, for what a test needs to be there. */
  readonly client: Client
  /** Where the server is. */
  readonly origin: string
  /** Opens the page with the key in its fragment, as `effect-julep serve` prints it. */
  readonly open: (selected?: Selected, key?: string) => Promise<void>
  /** Fails for what axe finds on the page as it is, in the light and in the dark. */
  readonly accessible: (state: string) => Promise<void>
}

/** Each violation with the elements that have it. */
const violationsIn = ({ violations }: AxeResults): ReadonlyArray<string> =>
  violations.map(({ help, id, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`)

declare global {
  interface Window {
    axe: typeof axe
  }
}

const accessible = (page: Page) => async (state: string) => {
  const isThere = await page.evaluate(() => "axe" in window)
  if (!isThere) await page.evaluate(axe.source)
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
    const results = await page.evaluate(
      // The rest of the rules does not depend on colours.
      (isDark) => window.axe.run(document, isDark ? { runOnly: ["color-contrast"] } : {}),
      colorScheme === "dark"
    )
    expect(violationsIn(results), `${state}, ${colorScheme}`).toEqual([])
  }
}

/** What no page may do, as it is observed: errors, violations of its policy, and requests to other origins. */
const observed = async (page: Page, origin: string): Promise<ReadonlyArray<string>> => {
  const faults: Array<string> = []
  page.on("pageerror", ({ message }) => faults.push(`error: ${message}`))
  page.on("console", (message) => {
    // The browser logs each response that is an error, which a test may ask for.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      faults.push(`console: ${message.text()}`)
    }
  })
  page.on("request", (request) => {
    const url = new URL(request.url())
    if (url.origin !== origin && !["data:", "blob:"].includes(url.protocol)) faults.push(`request to ${url}`)
  })
  await page.exposeFunction("reportViolation", (text: string) => faults.push(text))
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ blockedURI, violatedDirective }) => {
      Object(window).reportViolation(`policy: ${violatedDirective} ${blockedURI}`)
    })
  })
  return faults
}

/** A picture of a page whose test failed. Its name is in the error. */
const picture = async (page: Page): Promise<string> => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-failed-")), "page.png")
  await page.screenshot({ path: file, timeout: PATIENCE })
  return file
}

/** Runs a test on a page of a server of its own, with no more than the origin of this server. */
export const visit = (options: Partial<Server.Options>, body: (visit: Visit) => Promise<void>) =>
  Effect.gen(function* () {
    const files = yield* BuiltPage
    const browser = yield* Browser
    const port = yield* servedPort({ playground: Effect.succeed(files), ...options })
    const origin = `http://127.0.0.1:${port}`
    const context = yield* Effect.acquireRelease(
      Effect.promise(() => browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" })),
      (context) => Effect.promise(() => context.close())
    )
    const page = yield* Effect.promise(() => context.newPage())
    page.setDefaultTimeout(PATIENCE)
    const faults = yield* Effect.promise(() => observed(page, origin))
    const client = new Client({ apiKey: KEY, baseUrl: `${origin}/api` })
    const open: Visit["open"] = async (selected = {}, key = KEY) => {
      const query = new URLSearchParams(Object.entries(selected))
      await page.goto(`${origin}/playground${query.size === 0 ? "" : `?${query}`}#key=${key}`)
    }
    yield* Effect.promise(() => body({ page, client, origin, open, accessible: accessible(page) })).pipe(
      Effect.catchAllCause((cause) =>
        Effect.flatMap(
          Effect.promise(() => picture(page)),
          (file) =>
            Effect.die(
              new Error(`${Cause.pretty(cause)}\nThe page then: ${file}\n${faults.join("\n")}`, {
                cause: Cause.squash(cause)
              })
            )
        )
      )
    )
    expect(faults).toEqual([])
  })

/** Drops files on an element. */
export const drop = async (
  target: Locator,
  ...files: ReadonlyArray<{ readonly name: string; readonly text: string; readonly type?: string }>
): Promise<void> => {
  const dataTransfer = await target.page().evaluateHandle((files) => {
    const transfer = new DataTransfer()
    for (const { name, text, type = "" } of files) transfer.items.add(new File([text], name, { type }))
    return transfer
  }, files)
  await target.dispatchEvent("dragover", { dataTransfer })
  await target.dispatchEvent("drop", { dataTransfer })
}
