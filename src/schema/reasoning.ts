/**
 * The thoughts that reasoning models write into their replies, such as `<think>...</think>`. They stay in history. Prompts
 * and background jobs read replies without them.
 */

/** The ways models mark thoughts: an opening and a closing tag each. */
const KINDS: ReadonlyArray<readonly [open: string, close: string]> = [
  // DeepSeek, Qwen and most others.
  ["<think>", "<\\/think>"],
  ["<thinking>", "<\\/thinking>"],
  ["<thought>", "<\\/thought>"],
  ["<reasoning>", "<\\/reasoning>"],
  ["<seed:think>", "<\\/seed:think>"],
  ["<\\|think\\|>", "<(?:\\|\\/think|\\/\\|think|\\|end_think)\\|>"],
  ["<\\|begin_of_thought\\|>", "<\\|end_of_thought\\|>"],
  ["◁think▷", "◁\\/think▷"],
  ["\\[THINK\\]", "\\[\\/THINK\\]"]
]

/** Group 1 is the fence of a code block; the opening tag of kind n is group 2n + 2, its closing tag group 2n + 3. */
const source = ["(```)", ...KINDS.map(([open, close]) => `(${open})|(${close})`)].join("|")
const marks = new RegExp(source, "gi")

const groupOf = (match: RegExpMatchArray): number => match.findIndex((found, index) => index > 0 && found !== undefined)

const mayThink = /think|thought|reasoning/i

interface Tag {
  readonly kind: number
  readonly start: number
}

/**
 * A text without the thoughts in it; a text without thoughts is returned as it is. Thoughts that nothing closes are left
 * out where the text begins with them: the reply was cut off in mid-thought. A closing tag that nothing opens ends
 * thoughts too: some chat templates open them in the prompt. A tag in backticks or in a code block is text.
 */
export const stripReasoning = (text: string): string => {
  if (!mayThink.test(text)) return text
  let kept = ""
  let from = 0
  let open: Tag | undefined
  let depth = 0
  let closed: number | undefined
  let fenced = false
  let seen = false
  const drop = (start: number, end: number) => {
    kept += text.slice(from, start)
    from = end
    open = undefined
    seen = true
  }
  for (const match of text.matchAll(marks)) {
    const { 0: mark, index: start } = match
    const end = start + mark.length
    const group = groupOf(match)
    const kind = group >> 1
    const opens = group % 2 === 0
    if (open === undefined) {
      if (group === 1) fenced = !fenced
      else if (fenced || text[start - 1] === "`") continue
      else if (opens) {
        open = { kind, start }
        depth = 1
        closed = undefined
      } else if (!seen) drop(0, end)
    } else if (kind === open.kind) {
      depth += opens ? 1 : -1
      if (!opens) closed = end
      if (depth === 0) drop(open.start, end)
    }
  }
  // A thought may mention its own opening tag, so that more are opened than closed.
  if (open !== undefined && closed !== undefined) drop(open.start, closed)
  if (open !== undefined && (kept + text.slice(from, open.start)).trim() === "") return ""
  return from === 0 ? text : (kept + text.slice(from)).trim()
}

/** Longer than any mark, and than what is searched for. */
const MAX_MARK = 128

/**
 * Searches a text outside of its thoughts while it is written; `pattern` is a source of at most 128 characters, without groups.
 * Each character is searched a bounded number of times. Thoughts end at their first closing tag here.
 */
export class ReasoningAwareSearch {
  readonly #pattern: RegExp
  /** The part of the text that a mark may begin in, with the character before it. */
  #text = ""
  #from = 0
  #open: number | undefined
  #fenced = false

  constructor(pattern: string) {
    this.#pattern = new RegExp(`${source}|${pattern}`, "gi")
  }

  /** Adds text. Returns the text from the match on, once there is one. */
  add(text: string): string | undefined {
    this.#text += text
    this.#pattern.lastIndex = this.#from
    for (let match = this.#pattern.exec(this.#text); match !== null; match = this.#pattern.exec(this.#text)) {
      const group = groupOf(match)
      if (group === -1) {
        if (this.#open === undefined) return this.#text.slice(match.index)
      } else if (this.#open !== undefined) {
        if (group === 2 * this.#open + 1) this.#open = undefined
      } else if (group === 1) this.#fenced = !this.#fenced
      else if (group % 2 === 0 && !this.#fenced && this.#text[match.index - 1] !== "`") this.#open = group / 2
      this.#from = this.#pattern.lastIndex
    }
    const kept = Math.max(0, this.#from - 1, this.#text.length - MAX_MARK)
    this.#text = this.#text.slice(kept)
    this.#from = Math.max(0, this.#from - kept)
    return undefined
  }
}
