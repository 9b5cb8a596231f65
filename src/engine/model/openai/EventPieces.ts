/** Cuts the bytes of an event stream where its events end, so that other events and comments fit between the pieces. */
import { joined } from "../../../transport/bodies.js"

const LF = 0x0a
const CR = 0x0d

/** An event of more bytes than this is passed on in pieces: nothing is kept without bound. */
const LONGEST = 1_000_000

/** A blank line is at most these bytes: CR LF CR LF. All but the last may have come before. */
const OVERLAP = 3

/** Where the last blank line ends; 0 without one. */
const lastEnd = (bytes: Uint8Array): number => {
  for (let index = bytes.length - 1; index > 0; index--) {
    const byte = bytes[index]
    if (byte !== LF && byte !== CR) continue
    const before = bytes[index - 1]
    if (before === byte) return index + 1
    if (byte === LF && before === CR && bytes[index - 2] === LF) return index + 1
  }
  return 0
}

/** Collects bytes, and returns those of the events that are complete. */
export class EventPieces {
  private kept: Array<Uint8Array> = []
  private length = 0
  /** The last bytes of what is kept, in which a blank line may begin. */
  private tail: Uint8Array = new Uint8Array()

  /** Adds bytes; returns the events that they complete, without what follows these. */
  push(bytes: Uint8Array): Uint8Array | undefined {
    const searched = this.tail.length === 0 ? bytes : joined([this.tail, bytes])
    const end = lastEnd(searched) - this.tail.length
    if (end > 0) {
      this.keep(bytes.subarray(0, end))
      const events = this.end()
      this.keep(bytes.subarray(end))
      return events
    }
    this.keep(bytes)
    return this.length > LONGEST ? this.end() : undefined
  }

  /** The bytes after the last event. */
  end(): Uint8Array | undefined {
    const rest = this.length === 0 ? undefined : joined(this.kept)
    this.kept = []
    this.length = 0
    this.tail = new Uint8Array()
    return rest
  }

  private keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.kept.push(bytes)
    this.length += bytes.length
    this.tail = bytes.length < OVERLAP ? joined([this.tail, bytes]).slice(-OVERLAP) : bytes.slice(-OVERLAP)
  }
}
