import { defineConfig } from "vitest/config"

/** These mock a module, which only a module registry of their own undoes. */
const mocking = "test/promise/**/*.test.ts"

export default defineConfig({
  test: {
    testTimeout: 20_000,
    silent: "passed-only",
    pool: "threads",
    poolOptions: { threads: { maxThreads: 2 } },
    projects: [
      { extends: true, test: { name: "promise", include: [mocking] } },
      {
        extends: true,
        test: {
          name: "all else",
          include: ["test/**/*.test.ts"],
          exclude: [mocking],
          // Loading the same modules for each of many files takes longer than running their tests.
          poolOptions: { threads: { isolate: false } }
        }
      }
    ]
  }
})
