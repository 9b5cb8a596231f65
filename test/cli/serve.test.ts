import * as fs from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { temporaryFile } from "../soak/support/database.js"
import { cli } from "../support/cli.js"
import { latch, soon } from "../support/latches.js"
import { ask } from "../support/serving.js"

describe("effect-julep serve", () => {
  it.effect.each([
    ["serve --port 65536", "--port must be a number from 0 to 65535, not 65536."],
    ["serve --port many", "'many' is not a integer."],
    ["serve --model gpt-4o", "--model must be offline, ollama:NAME, openai:NAME or URL#NAME"],
    ["serve --model http://localhost:8000/v1", "--model must be offline"],
    ["serve --db /nowhere/julep.db --cors *", 'cors must list origins such as "https://app.example.com"'],
    ["serve --log-format xml", "Expected one of the following cases: text, json"]
  ] as const)("%s is wrong use", ([line, message]) =>
    Effect.gen(function* () {
      const { code, err } = yield* cli(line)
      expect([code, err]).toEqual([2, expect.stringContaining(message)])
    })
  )

  it.scopedLive("says where it listens and where its key is, without the key, and ends with 0 at a signal", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const started = latch<string>()
      const stop = latch<"SIGTERM">()
      const running = yield* Effect.fork(
        cli(`serve --db ${file} --port 0 --model offline --json`, { onWrite: started.open, signal: stop.opened })
      )
      const shown = JSON.parse(yield* soon("the server listens")(started.opened))
      expect(shown).toEqual({
        url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        store: file,
        model: "offline",
        key_file: `${file}.key`
      })
      expect((yield* ask(Number(new URL(shown.url).port), "/ready")).status).toBe(200)
      stop.open("SIGTERM")
      expect(yield* Fiber.join(running)).toMatchObject({ code: 0, err: "" })
    })
  )

  it.scopedLive("shows the key on a terminal alone", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const printed = (columns: number | undefined) =>
        Effect.gen(function* () {
          const started = latch<string>()
          const running = yield* Effect.fork(
            cli(`serve --db ${file} --port 0 --model offline`, {
              onWrite: started.open,
              signal: Effect.as(started.opened, "SIGTERM"),
              ...(columns === undefined ? {} : { columns })
            })
          )
          return (yield* Fiber.join(running)).out
        })
      const [piped, terminal] = [yield* printed(undefined), yield* printed(80)]
      const key = fs.readFileSync(`${file}.key`, "utf8").trim()
      expect(piped).toContain(`${file}.key`)
      expect(piped).not.toContain(key)
      expect(terminal).toContain(key)
    })
  )
})
