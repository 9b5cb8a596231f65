/** The playground in Chromium, in front of served engines. One browser and one built page are for all tests. */
import { describe, vi } from "vitest"
import { browser } from "../suites/playground/browser.js"
import { conversation } from "../suites/playground/conversation.js"
import { panels } from "../suites/playground/panels.js"
import { turns } from "../suites/playground/turns.js"
import { isSkipped, why } from "../support/chromium.js"
import * as Playground from "../support/playground.js"

// A page takes seconds where other tests have the processor.
vi.setConfig({ testTimeout: 60_000 })

describe.skipIf(isSkipped)(`the playground${why}`, () => {
  const it = Playground.sharing()
  browser(it)
  conversation(it)
  turns(it)
  panels(it)
})
