import { spansOf } from "../../SqlDriver.js"

export const system = "postgresql"

export const spanned = spansOf(system)
