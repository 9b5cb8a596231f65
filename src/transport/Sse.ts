/** Server-sent events, decoded from bytes as they come, however they are cut. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** One event. `event` is absent where the server named none. */
export interface SseEvent {
  readonly event?: string
  readonly data: string
}

const BOM = "\ufeff"

/**
 * An incremental decoder. It takes LF, CR and CRLF, mixed; a byte order mark; data over several lines; comments;
 * characters cut in the middle; and a last event that no blank line follows.
 */
export class SseDecoder {
  private readonly text = new TextDecoder("utf-8", { ignoreBOM: true })
  private line = ""
  private afterCr = false
  private started = false
  private event: string | undefined
  private data: Array<string> = []

  /** The events that these bytes complete. */
  push(bytes: Uint8Array): ReadonlyArray<SseEvent> {
    return this.take(this.text.decode(bytes, { stream: true }))
  }

  /** The events that the end of the bytes completes. */
  end(): ReadonlyArray<SseEvent> {
    return [...this.take(this.text.decode()), ...this.finishLine(), ...this.dispatch()]
  }

  private take(input: string): ReadonlyArray<SseEvent> {
    let rest = input
    if (!this.started && rest !== "") {
      this.started = true
      if (rest.startsWith(BOM)) rest = rest.slice(BOM.length)
    }
    const events: Array<SseEvent> = []
    let start = 0
    for (let index = 0; index < rest.length; index++) {
      const unit = rest.charCodeAt(index)
      if (unit === 10 && this.afterCr) {
        this.afterCr = false
        start = index + 1
      } else if (unit === 10 || unit === 13) {
        this.line += rest.slice(start, index)
        events.push(...this.endLine())
        this.afterCr = unit === 13
        start = index + 1
      } else {
        this.afterCr = false
      }
    }
    this.line += rest.slice(start)
    return events
  }

  private finishLine(): ReadonlyArray<SseEvent> {
    return this.line === "" ? [] : this.endLine()
  }

  private endLine(): ReadonlyArray<SseEvent> {
    const line = this.line
    this.line = ""
    if (line === "") return this.dispatch()
    const colon = line.indexOf(":")
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1)
    if (field === "data") this.data.push(value)
    else if (field === "event") this.event = value
    return []
  }

  private dispatch(): ReadonlyArray<SseEvent> {
    const { data, event } = this
    this.data = []
    this.event = undefined
    if (data.length === 0) return []
    return [{ ...(event === undefined ? {} : { event }), data: data.join("\n") }]
  }
}

/** The events of a stream of bytes. */
export const decode = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<SseEvent, E, R> =>
  Stream.unwrap(
    Effect.sync(() => {
      const decoder = new SseDecoder()
      return bytes.pipe(
        Stream.mapChunks(Chunk.flatMap((chunk) => Chunk.unsafeFromArray([...decoder.push(chunk)]))),
        Stream.concat(Stream.suspend(() => Stream.fromIterable(decoder.end())))
      )
    })
  )
