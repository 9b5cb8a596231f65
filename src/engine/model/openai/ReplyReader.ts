/** Reads the body of a reply, whole or streamed, whatever the request asked for. */
import * as Predicate from "effect/Predicate"
import { type RequestError, StreamInterrupted, UnexpectedResponse } from "../../../schema/Errors.js"
import { errorIn, fromErrorBody } from "../../../transport/errorBody.js"
import type { Call } from "../../../transport/errors.js"
import { Body, type Piece } from "./Body.js"
import { statusOf } from "./errors.js"
import { add, empty, firstChoice, type PartialReply, read, repeats } from "./reply.js"

/** The call whose reply is read. */
export interface Source {
  readonly call: Call
  /** Removes secrets from a text that the endpoint sent. */
  readonly redact: (text: string) => string
  /** The seconds that the headers of the response ask to wait, should its body be an error. */
  readonly retryAfter?: number | undefined
}

/** A text between events that only keeps the connection alive: one word, which reports no error. */
const isHeartbeat = (text: string): boolean => /^:?\s*[\w-]{1,20}$/.test(text) && !/err|fail/i.test(text)

/**
 * Reads one body. `push` and `end` return the pieces of text that arrived. Afterwards, `failure` is set where the reply
 * failed, and `done` where nothing more is to come.
 */
export class ReplyReader {
  private readonly body = new Body()
  private begun = false
  reply: PartialReply = empty
  failure: RequestError | undefined
  done = false

  constructor(private readonly source: Source) {}

  /** Whether the endpoint has finished the reply: a body that ends before that broke off. */
  get finished(): boolean {
    return this.done || this.reply.finish !== undefined
  }

  push(bytes: Uint8Array): ReadonlyArray<string> {
    return this.takeAll(this.body.push(bytes))
  }

  end(): ReadonlyArray<string> {
    const texts = this.takeAll(this.body.end())
    if (this.failure === undefined && !this.finished) this.failure = this.brokenOff()
    this.done = true
    return texts
  }

  private takeAll(pieces: ReadonlyArray<Piece>): ReadonlyArray<string> {
    const texts: Array<string> = []
    for (const piece of pieces) {
      if (this.done || this.failure !== undefined) break
      const text = this.take(piece)
      if (text !== "") texts.push(text)
    }
    return texts
  }

  /** Takes one piece; returns the text that it adds. */
  private take(piece: Piece): string {
    switch (piece._tag) {
      case "Done":
        this.done = true
        return ""
      case "Text":
        if (piece.event === "error") this.failure = this.reported(piece.text)
        else if (piece.event === undefined && !isHeartbeat(piece.text)) {
          this.failure = this.unexpected("answered with a text that is not JSON", piece.text)
        }
        return ""
      case "Value":
        this.begun = true
        return this.takeJson(piece.json, piece.event === "error" ? piece.json : undefined)
      case "Document":
        return this.takeDocument(piece.json)
    }
  }

  private takeJson(json: unknown, error = errorIn(json)): string {
    if (error !== undefined) {
      this.failure = this.reported(errorIn(json) ?? error)
      return ""
    }
    const delta = read(json)
    const repeated = repeats(this.reply, delta)
    this.reply = add(this.reply, delta)
    if (delta.finish === "error") this.failure = this.reported('the reply ended with finish_reason "error"')
    return repeated ? "" : delta.text
  }

  private takeDocument(json: unknown): string {
    const values = Array.isArray(json) ? json : [json]
    const texts = values.map((value) => this.takeJson(value))
    if (this.failure === undefined && !values.some((value) => Predicate.isRecord(value) && firstChoice(value))) {
      this.failure = this.unexpected("answered with JSON that is not a chat completion", JSON.stringify(json))
    }
    this.done = true
    return texts.join("")
  }

  private reported(error: unknown): RequestError {
    return fromErrorBody(error, { ...this.source, what: "answered with an error", status: statusOf(error) })
  }

  private unexpected(what: string, text: string): RequestError {
    const { call, redact } = this.source
    const body = redact(text).slice(0, 500)
    const message = `${call.method} ${call.path} ${what}: ${body.slice(0, 200)}`
    return new UnexpectedResponse({ ...call, message, status: 200, body, issues: [] })
  }

  private brokenOff(): RequestError {
    const { call } = this.source
    if (!this.begun) return this.unexpected("answered without a chat completion", this.body.excerpt || "an empty body")
    const message = `${call.method} ${call.path}: the stream ended without a finish reason or [DONE]`
    return new StreamInterrupted({ ...call, message, text: this.reply.text })
  }
}
