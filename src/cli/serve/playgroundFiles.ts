/** The built page that the command serves: it is in the package, beside the program. */
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type { PlaygroundFiles } from "../../server/playground.js"

/** Beside `dist/bin`, and for the program as it is run from its sources. */
const FOLDERS = ["../playground/", "../../../dist/playground/"]

const isFile = (file: string): boolean => fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true

const read = (folder: string): PlaygroundFiles => {
  const names = fs.readdirSync(folder, { recursive: true, encoding: "utf8" })
  const files = names.map((name) => [name.replaceAll(path.sep, "/"), path.join(folder, name)] as const)
  return new Map(files.filter(([, file]) => isFile(file)).map(([name, file]) => [name, fs.readFileSync(file)]))
}

/** Reads the page, if it was built. */
export const playgroundFiles = (): Effect.Effect<PlaygroundFiles> | undefined => {
  const folder = FOLDERS.map((each) => fileURLToPath(new URL(each, import.meta.url))).find((each) =>
    isFile(path.join(each, "index.html"))
  )
  return folder === undefined ? undefined : Effect.sync(() => read(folder))
}
