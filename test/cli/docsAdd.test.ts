import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { textOf } from "../../src/cli/documents/html.js"
import { textOf as textOfPdf } from "../../src/cli/pdf.js"
import { cli, type Surroundings } from "../support/cli.js"
import { joinAfter } from "../support/latches.js"

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-cli-"))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** Writes files into a folder of their own, and returns it. */
const written = (name: string, files: Readonly<Record<string, string | Uint8Array>>) => {
  for (const [file, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name, file)), { recursive: true })
    fs.writeFileSync(path.join(folder, name, file), content)
  }
  return path.join(folder, name)
}

const onStore = (name: string) => (line: string, surroundings?: Surroundings) =>
  cli(`${line} --db ${path.join(folder, name)}`, surroundings)

const keyOf = (file: string) => path.relative(process.cwd(), file)

describe("docs add", () => {
  it.live("adds what is in a folder, skips what is unchanged and what is not text, and prunes what is gone", () =>
    Effect.gen(function* () {
      const run = onStore("docs.db")
      yield* run("agents create --name Ada")
      const docs = written("handbook", {
        "tea.md": "intro\n# Green  tea #\n\nGreen tea takes three minutes.",
        "more/cups.html": "<title>Cups &amp; mugs</title><nav>Home</nav><p>Cups are <b>blue</b>.</p>",
        "more/notes.txt": "Water boils.",
        "more/logo.png": new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 0]),
        "more/latin.txt": new Uint8Array([0x63, 0x61, 0x66, 0xe9]),
        "empty.md": " \n",
        ".secret/key.txt": "secret",
        "node_modules/x/README.md": "A package."
      })
      const first = yield* run(`docs add ${docs} --agent Ada --json`)
      expect(first.code).toBe(0)
      const report = JSON.parse(first.out)
      const files = ["more/cups.html", "more/notes.txt", "tea.md"].map((file) => keyOf(path.join(docs, file)))
      expect(report).toMatchObject({ created: files, updated: [], unchanged: [], deleted: [], failed: [] })
      expect(
        report.skipped.map(({ path: left, reason }: Record<string, string>) => [path.basename(left ?? ""), reason])
      ).toEqual([
        [".secret", "hidden"],
        ["node_modules", "packages"],
        ["empty.md", "empty"],
        ["latin.txt", "binary"],
        ["logo.png", "binary"]
      ])
      const listed = (yield* run("docs list --agent Ada --json")).out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      expect(listed.map(({ content, metadata, title }) => ({ content, metadata, title }))).toEqual(
        expect.arrayContaining([
          { title: "Green tea", content: expect.stringContaining("three minutes"), metadata: { source: files[2] } },
          { title: "Cups & mugs", content: "Cups are blue.", metadata: { source: files[0] } },
          { title: "notes", content: "Water boils.", metadata: { source: files[1] } }
        ])
      )
      fs.writeFileSync(path.join(docs, "tea.md"), "# Green tea\n\nGreen tea takes four minutes.")
      fs.rmSync(path.join(docs, "more/notes.txt"))
      const second = yield* run(`docs add ${docs} --agent Ada --prune`, { errorIsTerminal: true })
      expect(second).toMatchObject({ code: 0, out: "0 added, 1 changed, 1 unchanged, 1 deleted, 5 skipped.\n" })
      expect(second.err).toContain("Skipped ")
      expect(second.err).toContain("] 5 of 5")
    })
  )

  it.live("goes on after a file that fails, deletes nothing then, and exits with 1", () =>
    Effect.gen(function* () {
      const run = onStore("failing.db")
      yield* run("agents create --name Ada")
      const name = `${"long".repeat(60)}.md`
      const docs = written("failing", { "a.md": "# A\n\nFirst.", "b.md": "# B\n\nSecond.", [name]: "# C\n\nThird." })
      const gone = path.join(docs, "gone.md")
      const { code, err, out } = yield* run(`docs add ${docs} ${gone} /dev/null --agent Ada --prune --json`)
      expect(code).toBe(1)
      expect(JSON.parse(out)).toMatchObject({
        created: [keyOf(path.join(docs, "a.md")), keyOf(path.join(docs, "b.md"))],
        failed: [
          { path: gone, reason: "there is no such file" },
          { path: "/dev/null", reason: "it is neither a file nor a folder" },
          { path: keyOf(path.join(docs, name)), reason: expect.stringContaining("200") }
        ]
      })
      expect(err).toContain(`Failed ${gone}: there is no such file`)
      expect(err).toContain("3 failed; the others are added. Nothing was deleted.")
    })
  )

  it.live("adds the files of chat --docs before the conversation", () =>
    Effect.gen(function* () {
      const run = onStore("chat.db")
      const docs = written("chat", { "tea.md": "# Tea\n\nGreen tea takes three minutes." })
      const { code, err, out } = yield* run(`chat --docs ${docs}`, { input: "How long does green tea take?" })
      expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining("three minutes") })
      expect(err).toContain("Docs: 1 added, 0 changed, 0 unchanged.")
    })
  )
})

describe("HTML as text", () => {
  it("has headings and lists, without addresses, scripts and navigation", () => {
    const html =
      "<h1>Tea</h1><script>x()</script><style>p{}</style><ul><li>green<li>black</ul><a href='http://x.example/'>more</a>" +
      "<h3>How <b>long</b></h3><p>Three minutes."
    const { text, title } = textOf(html)
    expect(title).toBeUndefined()
    expect(text).toMatch(/^# Tea\n/)
    expect(text).toContain("\n\n### How long\n\nThree minutes.")
    expect(text).toMatch(/\* green\n \* black/)
    expect(text).not.toMatch(/x\(|http|p\{/)
  })

  const tables: ReadonlyArray<readonly [what: string, html: string, text: string | RegExp]> = [
    [
      "with a header",
      "<p>Tea<table><tr><th>Kind<th>Minutes<tr><td>green<td>3<tr><td><p>a | b</p><p>c</p><td></table>End",
      "Tea\n\n| Kind | Minutes |\n| --- | --- |\n| green | 3 |\n| a \\| b c |  |\n\nEnd"
    ],
    [
      "with sections and a caption",
      "<table><caption>Tea</caption><thead><tr><td>Kind</thead><tbody><tr><th>green</tbody></table>",
      "Tea\n\n| Kind |\n| --- |\n| green |"
    ],
    [
      "with cells that span others",
      "<table><tr><th colspan=2>When<th>Sold<tr><td rowspan=2>2024<td>May<td>1<tr><td>June<td>2<tr><td>2025<td>May<td>3</table>",
      "| When |  | Sold |\n| --- | --- | --- |\n| 2024 | May | 1 |\n|  | June | 2 |\n| 2025 | May | 3 |"
    ],
    ["of a layout", "<table><tr><td>Menu<td>Text</table>", /^Menu +Text$/]
  ]
  for (const [what, html, expected] of tables) {
    it(`has tables: one ${what}`, () => {
      const { text } = textOf(html)
      if (typeof expected === "string") expect(text).toBe(expected)
      else expect(text).toMatch(expected)
    })
  }

  it("may be nested as deep as somebody likes", () => {
    expect(textOf(`${"<div>".repeat(20_000)}deep`).text).toEqual(expect.any(String))
  })
})

describe("the thread that reads a PDF", () => {
  const worker = (name: string, code: string) => pathToFileURL(path.join(written("workers", { [name]: code }), name))

  it.effect("ends after 30 seconds", () =>
    Effect.gen(function* () {
      const endless = yield* Effect.fork(Effect.flip(textOfPdf(new Uint8Array(), worker("endless.mjs", "for (;;);"))))
      const { message } = yield* joinAfter("30 seconds")(endless)
      expect(message).toBe("its PDF cannot be read: it takes more than 30 seconds")
    })
  )

  it.effect("answers with its error, and with its end", () =>
    Effect.gen(function* () {
      const port = 'import { parentPort, workerData } from "node:worker_threads"\n'
      const refused = worker("refused.mjs", `${port}parentPort.postMessage({ error: "No password given" })`)
      expect(yield* Effect.flip(textOfPdf(new Uint8Array(), refused))).toMatchObject({
        message: "its PDF cannot be read: No password given"
      })
      const ended = worker("ended.mjs", "console.log('noise')")
      expect(yield* Effect.flip(textOfPdf(new Uint8Array(), ended))).toMatchObject({
        message: "its PDF cannot be read: its reader ended"
      })
    })
  )
})
