import * as fs from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import { lines } from "../../src/cli/commands/serve.js"
import { temporaryFile } from "../soak/support/database.js"
import { answering, cli } from "../support/cli.js"
import { latch, soon } from "../support/latches.js"
import { ask } from "../support/serving.js"

describe("effect-julep serve", () => {
  it.effect.each([
    ["serve --port 65536", "--port must be a number from 0 to 65535, not 65536."],
    ["serve --port many", "'many' is not an integer."],
    ["serve --model gpt-4o", "--model must be offline, ollama:NAME, openai:NAME or URL#NAME"],
    ["serve --model http://localhost:8000/v1", "--model must be offline"],
    ["serve --db /nowhere/julep.db --cors *", 'cors must list origins such as "https://app.example.com"'],
    ["serve --max-body 0", "--max-body must be a whole number from 1"],
    ["serve --max-model-calls -1", "--max-model-calls must be a whole number from 1"],
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

  it("shows the key on a terminal alone, in the address of the page, unless the environment has it", () => {
    const started = {
      url: "http://127.0.0.1:8080",
      store: "julep.db",
      model: "offline",
      keyFile: "julep.db.key",
      key: Redacted.make("a+secret"),
      hasPlayground: true
    }
    const page = (text: string) => /page +(.*)/.exec(text)?.[1]
    expect(page(lines(started, true))).toBe("http://127.0.0.1:8080/playground#key=a%2Bsecret")
    expect(page(lines(started, false))).toBe("http://127.0.0.1:8080/playground")
    expect(page(lines({ ...started, keyFile: undefined }, true))).toBe("http://127.0.0.1:8080/playground")
    expect(page(lines({ ...started, hasPlayground: false }, true))).toBeUndefined()
    for (const text of [lines(started, false), lines({ ...started, keyFile: undefined }, true)]) {
      expect(text).not.toContain("secret")
    }
    expect(lines(started, false)).toContain("julep.db.key")
  })

  it.scopedLive("takes its limits from options", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const started = latch<string>()
      const line = `serve --db ${file} --port 0 --model offline --json --max-body 20 --max-streams 1 --max-requests 1`
      yield* Effect.forkScoped(cli(line, { onWrite: started.open }))
      const { url } = JSON.parse(yield* soon("the server listens")(started.opened))
      const authorization = `Bearer ${fs.readFileSync(`${file}.key`, "utf8").trim()}`
      const body = JSON.stringify({ name: "longer than twenty bytes" })
      const answer = yield* ask(Number(new URL(url).port), "/agents", {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body
      })
      expect([answer.status, answer.json]).toMatchObject([413, { error: { code: "BODY_TOO_LARGE" } }])
    })
  )

  it.scopedLive("sends its traces to a collector before it ends, without keys, queries and bodies", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const received: Array<{ readonly url: string; readonly type: string; readonly body: string }> = []
      const collector = yield* answering((request, response) => {
        let body = ""
        request.setEncoding("utf8")
        request.on("data", (piece) => {
          body += piece
        })
        request.on("end", () => {
          received.push({ url: request.url ?? "", type: request.headers["content-type"] ?? "", body })
          response.end("{}")
        })
      })
      const [started, stop] = [latch<string>(), latch<"SIGTERM">()]
      const running = yield* Effect.fork(
        cli(`serve --db ${file} --port 0 --model offline --json --otlp ${collector}`, {
          env: { AGENTS_API_KEY: "secret-key" },
          onWrite: started.open,
          signal: stop.opened
        })
      )
      const { url } = JSON.parse(yield* soon("the server listens")(started.opened))
      const created = yield* ask(Number(new URL(url).port), "/agents?note=secret-query", {
        method: "POST",
        headers: { authorization: "Bearer secret-key", "content-type": "application/json" },
        body: '{"name":"secret-body"}'
      })
      expect(created.status).toBe(201)
      // The exporter waits for five seconds before it sends by itself.
      expect(received).toEqual([])
      stop.open("SIGTERM")
      expect(yield* soon("the server ends")(Fiber.join(running))).toMatchObject({ code: 0 })
      expect(received.map(({ type, url }) => [url, type])).toEqual([["/v1/traces", "application/json"]])
      const text = received[0]?.body ?? ""
      const { resourceSpans } = JSON.parse(text) as {
        readonly resourceSpans: ReadonlyArray<{
          readonly resource: { readonly attributes: ReadonlyArray<unknown> }
          readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<{ readonly name: string }> }>
        }>
      }
      const [{ resource, scopeSpans } = { resource: { attributes: [] }, scopeSpans: [] }] = resourceSpans
      expect(resource.attributes).toContainEqual({ key: "service.name", value: { stringValue: "effect-julep" } })
      const names = scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name))
      expect(names).toContain("POST /agents")
      expect(text).not.toMatch(/secret-(key|query|body)/)
    })
  )

  it.scopedLive("ends although its collector does not answer", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const collector = yield* answering(() => {})
      const started = latch<string>()
      const running = cli(`serve --db ${file} --port 0 --model offline --json --otlp ${collector}/v1/traces/`, {
        onWrite: started.open,
        signal: Effect.as(
          Effect.flatMap(started.opened, (line) => ask(Number(new URL(JSON.parse(line).url).port), "/health")),
          "SIGTERM" as const
        )
      })
      expect(yield* soon("the server ends")(running)).toMatchObject({ code: 0 })
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
