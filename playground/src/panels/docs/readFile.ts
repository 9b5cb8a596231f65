/** Files that are dropped, as docs: text and Markdown as they are, HTML as its text. */

import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { CreateDoc } from "effect-julep"
import { textOf } from "./htmlText.js"

/** A file that makes no doc. The message is a sentence. */
export class UnreadableFile extends Data.TaggedError("UnreadableFile")<{ readonly message: string }> {}

/** A request has at most 10 MB, and JSON escapes some characters. */
const MOST_BYTES = 8_000_000

const MARKDOWN = /\.(?:md|markdown|mdx)$/i
const HTML = /\.(?:html?|xhtml)$/i
const TEXT = /\.(?:txt|text|log|csv|tsv|json|ya?ml|xml|rst|adoc|org)$/i

/** What a file button offers. */
export const ACCEPTED = ".txt,.text,.md,.markdown,.mdx,.html,.htm,.xhtml,.csv,.tsv,.json,.yaml,.yml,.rst,.adoc,text/*"

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim().slice(0, 200)

const headingOf = (markdown: string): string =>
  oneLine((/^#[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*$/m.exec(markdown) ?? [])[1] ?? "")

const isText = ({ name, type }: File): boolean =>
  TEXT.test(name) || (type.startsWith("text/") && !/rtf|calendar/.test(type))

const contentOf = ({ name }: File, text: string): { readonly title: string; readonly content: string } => {
  if (HTML.test(name)) return textOf(text)
  return { title: MARKDOWN.test(name) ? headingOf(text) : "", content: text }
}

/** Reads a file. Its title is that of the document, else the file's name. */
export const readFile = (file: File): Effect.Effect<CreateDoc, UnreadableFile> =>
  Effect.gen(function* () {
    const fail = (message: string) => new UnreadableFile({ message: `${file.name} ${message}` })
    if (!MARKDOWN.test(file.name) && !HTML.test(file.name) && !isText(file)) {
      return yield* fail("is not text, Markdown or HTML. Save it as one of these.")
    }
    if (file.size > MOST_BYTES) return yield* fail("has more than 8 MB. Split it.")
    const bytes = yield* Effect.tryPromise({
      try: () => file.arrayBuffer(),
      catch: () => fail("cannot be read. Is it a folder, or has it moved?")
    })
    const text = yield* Effect.try({
      try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
      catch: () => fail("is not text in UTF-8. Save it so.")
    })
    const { content, title } = contentOf(file, text)
    if (content.includes("\0")) return yield* fail("is not text: it has bytes of zero.")
    if (content.trim() === "") return yield* fail("has no text.")
    return { title: title === "" ? file.name.replace(/\.\w+$/, "") : title, content, metadata: { source: file.name } }
  })
