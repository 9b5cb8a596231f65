import type { ExplainedPrompt } from "../../../schema/Prompt.js"
import { Bounded } from "../../text/Bounded.js"

/** How many prompts of a session are kept. */
const MOST = 20

/** The capacity, in characters of all sessions together. One session has room for half of it. */
const CHARACTERS = 16_000_000

/** A prompt that was sent. */
export interface RecentPrompt {
  readonly chat_id: string
  readonly created_at: Date
  readonly prompt: ExplainedPrompt
}

const charactersOf = (prompts: ReadonlyArray<RecentPrompt>): number =>
  prompts.reduce(
    (sum, { prompt }) => prompt.parts.reduce((length, { text }) => length + text.length + 200, sum + 200),
    200
  )

/** The last prompts of sessions that were asked to be explained. They are in memory only, and leave with it. */
export class RecentPrompts {
  private readonly kept = new Bounded<string, ReadonlyArray<RecentPrompt>>(CHARACTERS, charactersOf)

  /** The prompts of a session, newest first. */
  list(developer: string, session: string): ReadonlyArray<RecentPrompt> {
    return this.kept.get(`${developer} ${session}`) ?? []
  }

  add(developer: string, session: string, prompt: RecentPrompt): void {
    this.kept.set(`${developer} ${session}`, [prompt, ...this.list(developer, session)].slice(0, MOST))
  }

  /** Forgets the prompts of a session, which quote its history. */
  forget(developer: string, session: string): void {
    this.kept.set(`${developer} ${session}`, [])
  }
}
