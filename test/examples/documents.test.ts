import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { commandOf } from "../../examples/demo/command.js"
import { findDocuments } from "../../examples/demo/documents.js"

describe("the documents of the demo", () => {
  let folder = ""
  const put = (name: string, content: string | Uint8Array) => {
    const file = path.join(folder, name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, content)
    return file
  }

  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-docs-"))
    put("docs/a.md", "# A")
    put("docs/deep/er/b.TXT", "\ufeffB, after a byte order mark")
    put("docs/c.mdx", "C")
    put("docs/d.rst", "D")
    put("docs/e.markdown", "E")
    put("docs/code.ts", "export {}")
    put("docs/node_modules/x/README.md", "not mine")
    put("docs/.hidden/secret.md", "not meant")
    put("docs/empty.md", " \n")
    put("docs/binary.md", new Uint8Array([35, 0, 1, 2]))
    put("docs/latin1.txt", new Uint8Array([99, 97, 102, 233]))
    put("docs/big.md", "x".repeat(2_000_001))
    put("other/LICENSE", "a text without an ending")
    fs.mkdirSync(path.join(folder, "nothing"))
    fs.symlinkSync(path.join(folder, "docs"), path.join(folder, "docs", "circle"))
  })

  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

  const found = (...names: ReadonlyArray<string>) => findDocuments(names.map((name) => path.join(folder, name)))

  it("are the Markdown and text files of a folder and its subfolders", async () => {
    const { documents, wrong } = await found("docs")
    expect(documents.map(({ title }) => title)).toEqual([
      "docs/a.md",
      "docs/c.mdx",
      "docs/d.rst",
      "er/b.TXT",
      "docs/e.markdown"
    ])
    expect(documents.map(({ text }) => text)).toEqual(["# A", "C", "D", "B, after a byte order mark", "E"])
    expect(wrong).toEqual([])
  })

  it("skip large, empty and binary files, with a note", async () => {
    const { skipped } = await found("docs")
    expect(skipped).toEqual([
      "docs/big.md: 2.0 MB, more than 2 MB",
      "docs/binary.md: not text",
      "docs/empty.md: empty",
      "docs/latin1.txt: not UTF-8 text"
    ])
  })

  it("are read once, even if named twice, and with any extension if named", async () => {
    const { documents } = await found("docs/a.md", "docs/a.md", "other/LICENSE", "docs/circle/a.md")
    expect(documents.map(({ title }) => title)).toEqual(["docs/a.md", "other/LICENSE"])
  })

  it("report wrong paths", async () => {
    const { documents, wrong } = await found("docs/a.md", "absent", "nothing", "docs/a.md/b")
    expect(documents).toHaveLength(1)
    expect(wrong.map((line) => line.slice(folder.length + 1))).toEqual([
      "absent: there is no such file or folder",
      "nothing: no .md, .mdx, .markdown, .txt, .rst file in this folder",
      "docs/a.md/b: there is no such file or folder"
    ])
  })

  it("are titled by their path in their package", async () => {
    const { documents } = await findDocuments(["node_modules/@effect/sql/README.md", "README.md"])
    expect(documents.map(({ title }) => title)).toEqual(["@effect/sql/README.md", "README.md"])
  })
})

describe("the command line of the demo", () => {
  it("selects the conversation, the help, or questions about documents", () => {
    expect(commandOf([])).toEqual({ kind: "conversation" })
    expect(commandOf(["-h"])).toEqual({ kind: "help" })
    expect(commandOf(["--docs", "a", "--ask", "x", "--docs=b", "--ask=y"])).toEqual({
      kind: "documents",
      paths: ["a", "b"],
      questions: ["x", "y"]
    })
  })

  it("takes the files of a pattern that the shell expanded", () => {
    expect(commandOf(["--docs", "a.md", "b.md", "--ask", "x"])).toMatchObject({ paths: ["a.md", "b.md"] })
  })

  it.each([
    { args: ["--docs", "a"], says: "give --ask too" },
    { args: ["--ask", "x"], says: "give --docs too" },
    { args: ["--docs", "a", "--ask", " "], says: "is empty" },
    { args: ["--docs"], says: "--docs" },
    { args: ["--doc", "a"], says: "--help" },
    { args: ["README.md"], says: "two dashes" }
  ])("explains what is wrong with $args", ({ args, says }) => {
    expect(commandOf(args)).toMatchObject({ kind: "unusable", message: expect.stringContaining(says) })
  })
})
