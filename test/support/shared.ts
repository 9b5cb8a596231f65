/** The optional sibling folder `../shared`: the published specification and recorded exchanges. */
import * as fs from "node:fs"

const folder = new URL("../../../shared/contract/", import.meta.url)

/** The text of a file of `../shared/contract`, or `undefined` where the folder is absent. */
export const sharedFile = (name: string): string | undefined => {
  const file = new URL(name, folder)
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined
}

/** Prints a line in the output of the tests. */
export const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
