/** The folder of the programs that the tests of a run compile, for vitest's `globalSetup`: it is removed after the run. */
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    readonly programsFolder: string
  }
}

export default (project: TestProject) => {
  // Inside the repository, where Node finds the packages that are not compiled.
  const folder = fileURLToPath(new URL(`../../.tmp-programs-${process.pid}`, import.meta.url))
  project.provide("programsFolder", folder)
  return () => fs.rmSync(folder, { recursive: true, force: true })
}
