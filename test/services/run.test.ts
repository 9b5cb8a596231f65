import { describe } from "@effect/vitest"
import { run } from "../suites/run.js"
import { resumeNothing, runResults, runSuspended } from "../suites/runResults.js"
import { runResume } from "../suites/runResume.js"
import { modes } from "../support/modes.js"

for (const [name, mode] of modes) {
  describe(name, () => {
    run(mode)
    runResume(mode)
    runResults(mode)
    runSuspended(mode)
    resumeNothing(mode)
  })
}
