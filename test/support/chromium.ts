/** Chromium, for tests of pages. `CHROMIUM` names it, else it is where systems install it. */
import * as fs from "node:fs"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Browser as Chromium } from "playwright-core"

const PATHS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
]

const { CHROMIUM, JULEP_TEST_REQUIRE } = process.env

/** The program, or undefined where there is none. */
const program = (CHROMIUM === undefined || CHROMIUM === "" ? PATHS : [CHROMIUM]).find((file) => fs.existsSync(file))

/** Why there is no Chromium. */
const missing =
  CHROMIUM === undefined || CHROMIUM === ""
    ? `none of ${PATHS.join(", ")} exists. Install it (apt install chromium), or set CHROMIUM to its path`
    : `CHROMIUM names ${CHROMIUM}, which does not exist`

/** Whether tests in Chromium must run, so that its absence fails them. */
const isRequired = (JULEP_TEST_REQUIRE ?? "").split(/[\s,]+/).includes("chromium")

/** Whether tests that need it are skipped, and what their title then says. */
export const isSkipped = program === undefined && !isRequired
export const why = isSkipped ? ` (skipped: ${missing})` : ""

// Reporters leave out the titles of tests that are skipped.
if (isSkipped) process.stderr.write(`The tests in Chromium are skipped: ${missing}.\n`)

const launch = Effect.suspend(() =>
  program === undefined
    ? Effect.dieMessage(`The tests in Chromium are required, but ${missing}.`)
    : Effect.promise(async () =>
        (await import("playwright-core")).chromium.launch({
          executablePath: program,
          // Its sandbox refuses to run as root; a container's /dev/shm is too small for it.
          chromiumSandbox: process.getuid?.() !== 0,
          args: ["--disable-dev-shm-usage"],
          handleSIGINT: false,
          handleSIGTERM: false,
          handleSIGHUP: false
        })
      )
)

/** A browser that is open until the scope closes. */
export class Browser extends Context.Tag("test/Browser")<Browser, Chromium>() {
  static readonly layer = Layer.scoped(
    Browser,
    Effect.acquireRelease(launch, (browser) => Effect.promise(() => browser.close()))
  )
}
