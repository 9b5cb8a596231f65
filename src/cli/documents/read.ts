/** Files as docs: Markdown and other text as it is, the text of HTML and of PDF. */
import * as fs from "node:fs/promises"
import * as path from "node:path"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { SyncDoc } from "../../schema/Doc.js"
import { type DocFile, reasonOf } from "./find.js"

/** A file that makes no doc. `isSkipped`: it is of a kind that is not read, and nothing is wrong with it. */
export class UnreadableFile extends Data.TaggedError("UnreadableFile")<{
  readonly reason: string
  readonly isSkipped: boolean
}> {}

const failed = (reason: string) => new UnreadableFile({ reason, isSkipped: false })

/** A request has at most 10 MB, and a character takes several bytes. */
const MOST_BYTES = 8_000_000
const MOST_BYTES_OF_PDF = 100_000_000

/** How much of a file shows whether it is text. */
const SAMPLE = 8000

interface Text {
  readonly title?: string | undefined
  readonly text: string
}

const oneLine = (text: string | undefined): string | undefined => text?.replace(/\s+/g, " ").trim() || undefined

/** A title is no longer than this. */
const LONGEST_TITLE = 200

/** The first heading, without the marks that may close it. */
const ofMarkdown = (text: string): Text => {
  const heading = /^#[ \t]+(.+)$/m.exec(text)?.[1]?.slice(0, LONGEST_TITLE)
  return { title: oneLine(heading?.replace(/[ \t]#+\s*$/, "")), text }
}

const ofHtml = (html: string): Effect.Effect<Text, UnreadableFile> =>
  Effect.tryPromise({
    try: async () => (await import("./html.js")).textOf(html),
    catch: (error) => failed(`its HTML cannot be read: ${reasonOf(error)}`)
  })

const ofPdf = (bytes: Uint8Array): Effect.Effect<Text, UnreadableFile> =>
  Effect.flatMap(
    Effect.promise(() => import("../pdf.js")),
    ({ textOf }) => Effect.mapError(textOf(bytes), ({ message }) => failed(message))
  )

const decoded = (bytes: Uint8Array, isNamed: boolean): Effect.Effect<string, UnreadableFile> =>
  Effect.suspend(() => {
    const binary = new UnreadableFile({ reason: "binary", isSkipped: !isNamed })
    if (bytes.subarray(0, SAMPLE).includes(0)) return Effect.fail(binary)
    return Effect.try({ try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes), catch: () => binary })
  })

const read = (file: string, isPdf: boolean): Effect.Effect<Uint8Array, UnreadableFile> =>
  Effect.tryPromise({
    try: async () => {
      const most = isPdf ? MOST_BYTES_OF_PDF : MOST_BYTES
      const { size } = await fs.stat(file)
      return size > most
        ? failed(`it has more than ${most / 1_000_000} MB: split it`)
        : new Uint8Array(await fs.readFile(file))
    },
    catch: (error) => failed(reasonOf(error))
  }).pipe(
    Effect.flatMap((content) => (content instanceof UnreadableFile ? Effect.fail(content) : Effect.succeed(content)))
  )

/** Reads a file. */
export const readDoc = ({ file, isNamed, key }: DocFile): Effect.Effect<SyncDoc, UnreadableFile> =>
  Effect.gen(function* () {
    const extension = path.extname(file).toLowerCase()
    const isPdf = extension === ".pdf"
    const bytes = yield* read(file, isPdf)
    let content: Text
    if (isPdf) content = yield* ofPdf(bytes)
    else {
      const text = yield* decoded(bytes, isNamed)
      if (/^\.(?:html?|xhtml)$/.test(extension)) content = yield* ofHtml(text)
      else content = /^\.(?:md|markdown|mdx)$/.test(extension) ? ofMarkdown(text) : { text }
    }
    const { text, title = path.basename(file, path.extname(file)) } = content
    if (text.trim() === "") {
      return yield* isPdf
        ? failed("it has no text: its pages may be images")
        : new UnreadableFile({ reason: "empty", isSkipped: true })
    }
    if (Buffer.byteLength(text) > MOST_BYTES) return yield* failed("its text has more than 8 MB: split it")
    return { key, title, content: text, metadata: { source: key } }
  })
