import * as Options from "@effect/cli/Options"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Pruned } from "../../schema/api/AdminApi.js"
import { operatorCommand } from "../api.js"
import { UsageError } from "../exitCodes.js"
import { text } from "../input.js"
import { printValue } from "../output.js"
import { countsText } from "../rowCounts.js"

/** `90d` as the durations of Effect are written. */
const spelled = (given: string): string =>
  given.replace(
    /^\s*(\d+)\s*([dhw])\s*$/,
    (_, count, unit) => `${count} ${{ d: "days", h: "hours", w: "weeks" }[String(unit)]}`
  )

/** The time that is so long ago. */
const timeBefore = (option: string, given: Option.Option<string>): Effect.Effect<Date | undefined, UsageError> =>
  Effect.gen(function* () {
    if (Option.isNone(given)) return undefined
    // The decoder refuses a text that is not a duration.
    const duration = Option.filter(Duration.decodeUnknown(spelled(given.value)), Duration.isFinite)
    if (Option.isSome(duration)) return new Date((yield* Clock.currentTimeMillis) - Duration.toMillis(duration.value))
    return yield* new UsageError({
      message: `${option} must be a duration such as "90 days" or 90d, not ${JSON.stringify(given.value)}.`
    })
  })

const countsOf = ({ jobs, memories, replies, sessions }: Pruned) => ({
  reply: replies,
  job: jobs,
  memory: memories,
  session: sessions
})

const sum = (one: Pruned, other: Pruned): Pruned => ({
  replies: one.replies + other.replies,
  jobs: one.jobs + other.jobs,
  memories: one.memories + other.memories,
  sessions: one.sessions + other.sessions,
  more: other.more
})

export const command = operatorCommand({
  description:
    "Deletes what is no longer needed, of all developers: replies under idempotency keys and finished jobs after a day, and, if asked, memories and sessions that were not used for long. The file is then compacted a little, or with --vacuum written anew.",
  example: `effect-julep prune --sessions-older-than "90 days" --dry-run`,
  config: {
    sessions: text(
      "sessions-older-than",
      "Also delete sessions that were unused for this long, such as 90d, with their messages. Memories stay."
    ).pipe(Options.withPseudoName("DURATION")),
    memories: text(
      "memories-older-than",
      "Also delete memories that were neither made nor recalled for this long, such as 90d. Default: the lifetime of memories of the server."
    ).pipe(Options.withPseudoName("DURATION")),
    dryRun: Options.boolean("dry-run").pipe(Options.withDescription("Count, and delete nothing.")),
    vacuum: Options.boolean("vacuum").pipe(
      Options.withDescription("Write the whole file anew without gaps. Nothing else can use the store meanwhile.")
    )
  },
  run: (operator, { dryRun, json, memories, sessions, vacuum }) =>
    Effect.gen(function* () {
      const input = {
        dry_run: dryRun,
        memories_before: yield* timeBefore("--memories-older-than", memories),
        sessions_before: yield* timeBefore("--sessions-older-than", sessions),
        vacuum
      }
      let pruned = yield* operator.prune(input)
      while (pruned.more) pruned = sum(pruned, yield* operator.prune(input))
      const { more: _more, ...counts } = pruned
      yield* printValue({ json }, { ...counts, dry_run: dryRun }, () => {
        const what = countsText(countsOf(pruned))
        return dryRun ? `Would delete ${what}.` : `Deleted ${what}.`
      })
    })
})
