/** Vitest for the tests in the examples. There are no aliases: `effect-julep` is the built package. */
import { defineConfig } from "vitest/config"
import { root } from "./support.mjs"

export default defineConfig({ test: { root, include: ["examples/**/*.test.ts"], testTimeout: 30_000 } })
