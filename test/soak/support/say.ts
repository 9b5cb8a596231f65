import * as fs from "node:fs"
import { END } from "./child.js"

/** Says a line to the process that started this one, at once: what was said survives any end. */
export const say = (line: string): void => {
  fs.writeSync(1, `${line}${END}\n`)
}
