/** Reads JSON while it is written. */
import { parseJson } from "../../schema/parseJson.js"
import { ReasoningAwareSearch } from "../../schema/reasoning.js"

/** How an object of JSON begins; other text rarely does. The length is bounded, because each piece is searched again for it. */
const begins = String.raw`\{\s{0,100}["}]`

/** Up to this length each piece is parsed; longer JSON once it has grown by a hundredth, so that the work stays linear. */
const PARSED_ALWAYS = 2000
const GROWTH = 0.01

/** The values of a text of JSON as it grows. Text before it, such as thoughts or a fence, is skipped. */
export class PartialJson {
  readonly #before = new ReasoningAwareSearch(begins)
  #found = false
  #text = ""
  #read = 0
  /** How much was read when the value was last made. */
  #shown = 0
  /** The brackets that are open, as the characters that close them. */
  readonly #open: Array<string> = []
  #string: "key" | "value" | undefined
  /** How many characters of an escape are missing. */
  #escape = 0
  #keyIsNext = false
  /** Up to where the text is JSON, and how many brackets, and whether a text, are open there. */
  #end = 0
  #inText = false
  #depth = 0
  /** The JSON whose value was returned last. */
  #closed = ""

  /** Adds text. Returns the value so far; `undefined` if there is nothing new to see. */
  add(text: string): unknown {
    let piece = text
    if (!this.#found) {
      const begun = this.#before.add(text)
      if (begun === undefined) return undefined
      this.#found = true
      piece = begun
    }
    if (this.#isWhole()) return undefined
    const start = this.#read
    for (; this.#read < start + piece.length && !this.#isWhole(); this.#read++)
      this.#step(piece.charAt(this.#read - start))
    this.#text += piece
    return this.#isWhole() || this.#read - this.#shown >= (this.#read - PARSED_ALWAYS) * GROWTH
      ? this.#value()
      : undefined
  }

  #isWhole(): boolean {
    return this.#read > 0 && this.#open.length === 0
  }

  #value(): unknown {
    this.#shown = this.#read
    // Brackets that opened behind the end of the JSON are never part of it: the end moves to each.
    const brackets = this.#open.slice(0, this.#depth).reverse().join("")
    const closed = this.#text.slice(0, this.#end) + (this.#inText ? '"' : "") + brackets
    if (closed === this.#closed) return undefined
    this.#closed = closed
    return parseJson(closed)
  }

  /** Marks that the text is JSON up to there, once a text and the brackets are closed. */
  #mark(end: number, inText = false): void {
    this.#end = end
    this.#inText = inText
    this.#depth = this.#open.length
  }

  #step(character: string): void {
    const next = this.#read + 1
    if (this.#string !== undefined) {
      if (this.#escape > 0) this.#escape = character === "u" ? 4 : this.#escape - 1
      else if (character === "\\") this.#escape = 1
      else if (character === '"') {
        if (this.#string === "value") this.#mark(next)
        this.#string = undefined
        return
      }
      if (this.#string === "value" && this.#escape === 0) this.#mark(next, true)
      return
    }
    switch (character) {
      case "{":
      case "[":
        this.#open.push(character === "{" ? "}" : "]")
        this.#keyIsNext = character === "{"
        this.#mark(next)
        break
      case "}":
      case "]":
        this.#open.pop()
        this.#mark(next)
        break
      case '"':
        this.#string = this.#open.at(-1) === "}" && this.#keyIsNext ? "key" : "value"
        break
      case ":":
        this.#keyIsNext = false
        break
      case ",":
        this.#keyIsNext = true
        this.#mark(this.#read)
        break
    }
  }
}
