/** Server-sent events, decoded from bytes as they arrive. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** One event. `event` is absent unless the server names one. */
export interface SseEvent {
  readonly event?: string
  readonly data: string
}

const BOM = "\ufeff"

/**
 * An incremental decoder. It accepts any mix of LF, CR and CRLF, a byte order mark, data over several lines, comments,
 * pieces that end in the middle of a character, and a last event without a blank line after it.
 */
export class SseDecoder {
  private readonly text = new TextDecoder("utf-8", { ignoreBOM: true })
  private line = ""
  private afterCr = false
  private started = false
  private event: string | undefined
  private data: Array<string> = []
  private found: Array<SseEvent> = []

  /** Adds bytes; returns the events that they complete. */
  push(bytes: Uint8Array): ReadonlyArray<SseEvent> {
    this.take(this.text.decode(bytes, { stream: true }))
    return this.complete()
  }

  /** Ends the bytes; returns the events that this completes. */
  end(): ReadonlyArray<SseEvent> {
    this.take(this.text.decode())
    if (this.line !== "") this.endLine()
    this.dispatch()
    return this.complete()
  }

  private complete(): ReadonlyArray<SseEvent> {
    const { found } = this
    this.found = []
    return found
  }

  private take(input: string): void {
    if (input === "") return
    let start = 0
    if (!this.started) {
      this.started = true
      if (input.startsWith(BOM)) start = BOM.length
    }
    if (this.afterCr) {
      this.afterCr = false
      if (input[start] === "\n") start++
    }
    let lf = input.indexOf("\n", start)
    let cr = input.indexOf("\r", start)
    while (lf >= 0 || cr >= 0) {
      const end = lf < 0 ? cr : cr < 0 ? lf : Math.min(lf, cr)
      this.line += input.slice(start, end)
      this.endLine()
      start = end + 1
      if (end === cr) {
        if (start === input.length) this.afterCr = true
        else if (input[start] === "\n") start++
        cr = input.indexOf("\r", start)
      }
      if (lf >= 0 && lf < start) lf = input.indexOf("\n", start)
    }
    this.line += input.slice(start)
  }

  private endLine(): void {
    const { line } = this
    this.line = ""
    if (line === "") {
      this.dispatch()
      return
    }
    const colon = line.indexOf(":")
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1)
    if (field === "data") this.data.push(value)
    else if (field === "event") this.event = value
  }

  private dispatch(): void {
    const { data, event } = this
    this.event = undefined
    if (data.length === 0) return
    this.data = []
    const text = data.length === 1 ? (data[0] ?? "") : data.join("\n")
    this.found.push(event === undefined ? { data: text } : { event, data: text })
  }
}

/** The events of a stream of bytes. */
export const decode = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<SseEvent, E, R> =>
  Stream.unwrap(
    Effect.sync(() => {
      const decoder = new SseDecoder()
      return bytes.pipe(
        Stream.mapChunks(Chunk.flatMap((piece) => Chunk.unsafeFromArray(decoder.push(piece)))),
        Stream.concat(Stream.suspend(() => Stream.fromIterable(decoder.end())))
      )
    })
  )
