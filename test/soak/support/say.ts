import * as fs from "node:fs"
import { END } from "./child.js"

/** Prints a line to the parent process synchronously, so that it survives a kill. */
export const say = (line: string): void => {
  fs.writeSync(1, `${line}${END}\n`)
}
