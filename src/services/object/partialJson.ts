/** Reads JSON while it is written. */
import { parseJson } from "../../schema/parseJson.js"
import { withoutThoughts } from "../../schema/thoughts.js"

/** How an object of JSON begins; other text rarely does. */
const begins = /\{\s*["}]/

/** The values of a text of JSON as it grows. Text before it, such as thoughts or a fence, is skipped. */
export class PartialJson {
  /** The text so far: before the JSON is found all of it, then the JSON. */
  #text = ""
  #read = 0
  #found = false
  /** The brackets that are open, as the characters that close them. */
  #open = ""
  #string: "key" | "value" | undefined
  /** How many characters of an escape are missing. */
  #escape = 0
  #keyIsNext = false
  /** Up to where the text is JSON, and what closes it there. A number may have more digits, and a key has no value yet. */
  #end = 0
  #close = ""
  /** The JSON whose value was returned last. */
  #closed = ""

  /** Adds text. Returns the value so far; `undefined` if there is nothing new to see. */
  add(text: string): unknown {
    this.#text += text
    if (!this.#found && !this.#find()) return undefined
    for (; this.#read < this.#text.length; this.#read++) {
      if (this.#open === "" && this.#read > 0) break
      this.#step(this.#text.charAt(this.#read))
    }
    const closed = this.#text.slice(0, this.#end) + this.#close
    if (closed === this.#closed) return undefined
    this.#closed = closed
    return parseJson(closed)
  }

  #find(): boolean {
    const text = withoutThoughts(this.#text)
    const start = text.search(begins)
    if (start === -1) return false
    this.#found = true
    this.#text = text.slice(start)
    return true
  }

  /** Marks that the text is JSON up to the character that is read, or before it, once it is closed. */
  #mark(end: number, close = this.#open): void {
    this.#end = end
    this.#close = close
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
      if (this.#string === "value" && this.#escape === 0) this.#mark(next, `"${this.#open}`)
      return
    }
    switch (character) {
      case "{":
      case "[":
        this.#open = (character === "{" ? "}" : "]") + this.#open
        this.#keyIsNext = character === "{"
        this.#mark(next)
        break
      case "}":
      case "]":
        this.#open = this.#open.slice(1)
        this.#mark(next)
        break
      case '"':
        this.#string = this.#open.startsWith("}") && this.#keyIsNext ? "key" : "value"
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
