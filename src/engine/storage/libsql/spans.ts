import { spansOf } from "../SqlDriver.js"

export const system = "sqlite"

export const spanned = spansOf(system)
