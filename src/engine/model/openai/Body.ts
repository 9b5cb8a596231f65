/** Splits the body of a reply into JSON values, whether it is an event stream or one document, whatever its content type. */
import * as Either from "effect/Either"
import { SseDecoder, type SseEvent } from "../../../transport/Sse.js"

/** A piece of a body. */
export type Piece =
  /** The JSON of an event, or of a line. */
  | { readonly _tag: "Value"; readonly json: unknown; readonly event?: string | undefined }
  /** The JSON of a whole body. */
  | { readonly _tag: "Document"; readonly json: unknown }
  /** The event that ends a stream. */
  | { readonly _tag: "Done" }
  /** A text that is not JSON. */
  | { readonly _tag: "Text"; readonly text: string; readonly event?: string | undefined }

const done = /^"?\[done\]"?$/i

const parse = (text: string) => Either.try((): unknown => JSON.parse(text))

/** The pieces in the data of an event. Some servers leave out the blank line between events, which joins their data. */
const piecesOf = (data: string, event?: string): ReadonlyArray<Piece> => {
  const text = data.trim()
  if (text === "") return []
  if (done.test(text)) return [{ _tag: "Done" }]
  const json = parse(text)
  if (Either.isRight(json)) return [{ _tag: "Value", json: json.right, event }]
  return text.includes("\n")
    ? text.split("\n").flatMap((line) => piecesOf(line, event))
    : [{ _tag: "Text", text, event }]
}

const fromEvents = (events: ReadonlyArray<SseEvent>) => events.flatMap(({ data, event }) => piecesOf(data, event))

/** A byte order mark and white space, which may come before a body. */
const blank: ReadonlySet<number> = new Set([0xef, 0xbb, 0xbf, 0x09, 0x0a, 0x0d, 0x20])
/** The first characters of JSON and HTML; no line of an event stream begins with one. */
const documents: ReadonlySet<number> = new Set([...'{[<"'].map((character) => character.charCodeAt(0)))

/** How much of a body that has no piece is kept for an error. */
const EXCERPT = 500

/** Reads one body, piece by piece. */
export class Body {
  private kind: "unknown" | "events" | "document" = "unknown"
  private readonly events = new SseDecoder()
  private readonly decoder = new TextDecoder()
  private text = ""

  /** Adds bytes; returns the pieces that they complete. */
  push(bytes: Uint8Array): ReadonlyArray<Piece> {
    if (this.kind === "unknown") {
      const first = bytes.find((byte) => !blank.has(byte))
      if (first === undefined) return []
      this.kind = documents.has(first) ? "document" : "events"
    }
    if (this.kind === "document" || this.text.length < EXCERPT) {
      this.text += this.decoder.decode(bytes, { stream: true })
    }
    return this.kind === "events" ? fromEvents(this.events.push(bytes)) : []
  }

  /** Ends the body; returns the pieces that this completes. */
  end(): ReadonlyArray<Piece> {
    if (this.kind === "events") return fromEvents(this.events.end())
    const text = this.text.trim()
    const json = parse(text)
    if (Either.isRight(json)) return [{ _tag: "Document", json: json.right }]
    return text === "" ? [] : piecesOf(text)
  }

  /** The beginning of the body, for an error. */
  get excerpt(): string {
    return this.text.trim().slice(0, EXCERPT)
  }
}
