/** What history and prompts must be after any sequence of turns, in the simplest form: a list of rows for each session. */

/** How a call of the model ends. The last two are the aborts: the caller gives up before the first text, or after it. */
export const outcomes = [
  "reply",
  "rate_limited",
  "unavailable",
  "unauthorized",
  "unknown_model",
  "invalid_request",
  "empty_reply",
  "midway",
  "hang",
  "hang_after_text"
] as const
export type Outcome = (typeof outcomes)[number]

/** Whether the caller gives up, because the call never ends. */
export const isAbort = (outcome: Outcome): boolean => outcome === "hang" || outcome === "hang_after_text"

export interface Question {
  readonly number: number
  readonly text: string
  readonly key: string | undefined
}

/** One call of the model. */
export interface Attempt {
  readonly question: Question
  readonly outcome: Outcome
  readonly streamed: boolean
  /** The text of the reply, or of the part of it that is written before the call fails. */
  readonly text: string
}

export interface Row {
  readonly role: "user" | "assistant"
  readonly text: string
  readonly refused: boolean
  readonly aborted: boolean
  readonly question: Question
}

/** The rows of one session. */
export class TurnOracle {
  rows: ReadonlyArray<Row> = []
  /** The unanswered rows before a refused one when the turn began. Another refusal marks them, too. */
  private suspects: ReadonlyArray<Row> = []

  copy(): TurnOracle {
    const copy = new TurnOracle()
    copy.rows = this.rows
    copy.suspects = this.suspects
    return copy
  }

  private get open(): ReadonlyArray<Row> {
    return this.rows.slice(this.rows.findLastIndex(({ role }) => role === "assistant") + 1)
  }

  /** The rows that the next reply answers. */
  private get unanswered(): ReadonlyArray<Row> {
    return this.open.filter((row) => !row.refused)
  }

  /** The texts of the conversation that the model reads, in order. */
  get prompt(): ReadonlyArray<string> {
    return this.rows.flatMap(({ refused, text }) => (refused ? [] : [text]))
  }

  /** The reply that a repeated request under a key gets without a call of the model. */
  keptReply({ key }: Question): string | undefined {
    return key === undefined
      ? undefined
      : this.rows.find(({ question, role }) => role === "assistant" && question.key === key)?.text
  }

  /** A turn begins: an unanswered question keeps its row, one under a key moves to the end, any other is a new row. */
  begin(question: Question): void {
    const { open } = this
    this.suspects = open.slice(
      0,
      Math.max(
        0,
        open.findLastIndex(({ refused }) => refused)
      )
    )
    if (this.unanswered.some(({ text }) => text === question.text)) return
    const others = this.rows.filter((row) => question.key === undefined || row.question.key !== question.key)
    this.rows = [...others, { role: "user", text: question.text, refused: false, aborted: false, question }]
  }

  /** A turn ends. */
  end({ outcome, question, streamed, text }: Attempt): void {
    const isPartial = streamed && (outcome === "midway" || outcome === "hang_after_text")
    if (outcome === "reply" || isPartial) {
      this.rows = [...this.rows, { role: "assistant", text, refused: false, aborted: isPartial, question }]
    }
    if (outcome === "invalid_request") {
      const own = this.unanswered.slice(this.unanswered.findIndex((row) => row.text === question.text))
      const marked = new Set([...this.suspects, ...own])
      this.rows = this.rows.map((row) => (marked.has(row) ? { ...row, refused: true } : row))
    }
  }
}
