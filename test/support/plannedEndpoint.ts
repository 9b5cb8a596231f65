/** An endpoint for random turns: what each of its calls does was planned by the command that makes it. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import { ModelError, type ModelRequest } from "../../src/engine/ports/Model.js"
import * as Scripted from "../../src/layers/Scripted.js"
import type { Attempt, Outcome, Question } from "./turnOracle.js"

/** What the endpoint does with the calls for one question. */
export interface Plan {
  readonly question: Question
  readonly streamed: boolean
  /** The outcome of each call; further ones reply. */
  readonly outcomes: Array<Outcome>
  /** Holds the end of a call until it opens. */
  readonly hold: Deferred.Deferred<void> | undefined
  /** Opens with the first call. */
  readonly reached: Deferred.Deferred<void>
  /** Opens when a call has written all that it ever writes. */
  readonly hanging: Deferred.Deferred<void>
  /** Opens when a call that hangs is interrupted. */
  readonly stopped: Deferred.Deferred<void>
}

export const planOf = (
  question: Question,
  streamed: boolean,
  outcomes: ReadonlyArray<Outcome>,
  hold?: Deferred.Deferred<void>
): Plan => {
  const made = () => Deferred.unsafeMake<void>(FiberId.none)
  const latches = { reached: made(), hanging: made(), stopped: made() }
  return { question, streamed, outcomes: [...outcomes], hold, ...latches }
}

/** A call with the request that it got. */
export interface Call extends Attempt {
  readonly request: ModelRequest
}

/** A call is for the question whose number is the seed of the request. */
export class PlannedEndpoint {
  private readonly plans = new Map<number, Plan>()
  private calls: Array<Call> = []
  /** How many calls there were. */
  count = 0

  private questions = 0

  /** The number of a new question. The seed of a request has at most four digits. */
  nextQuestion(): number {
    return this.questions++ % 10_000
  }

  /** Forgets the plans and calls of an earlier storm. */
  reset(): void {
    this.plans.clear()
    this.calls = []
  }

  add(plan: Plan): void {
    this.plans.set(plan.question.number, plan)
  }

  /** The calls since they were last taken, oldest first. */
  takeCalls(): ReadonlyArray<Call> {
    const calls = this.calls
    this.calls = []
    return calls
  }

  readonly script = (request: ModelRequest): Scripted.Step => {
    const plan = this.plans.get(request.settings.seed ?? -1)
    if (plan === undefined) throw new Error("a call that was not planned")
    const outcome = plan.outcomes.shift() ?? "reply"
    const text = `Reply ${this.count++} to question ${plan.question.number}.`
    this.calls.push({ question: plan.question, streamed: plan.streamed, outcome, text, request })
    Deferred.unsafeDone(plan.reached, Effect.void)
    const step = stepOf(outcome, text, plan)
    return plan.hold === undefined ? step : Scripted.hold(plan.hold, step)
  }
}

const stepOf = (outcome: Outcome, text: string, { hanging, stopped }: Plan): Scripted.Step => {
  const hang: Scripted.Step = () =>
    Effect.zipRight(Deferred.succeed(hanging, undefined), Effect.never).pipe(
      Effect.onInterrupt(() => Deferred.succeed(stopped, undefined))
    )
  switch (outcome) {
    case "reply":
      return Scripted.reply(text)
    case "empty_reply":
      return Scripted.reply("")
    case "midway":
      return Scripted.pieces([text], Scripted.fail(new ModelError({ reason: "unavailable", message: "it broke" })))
    case "hang":
      return hang
    case "hang_after_text":
      return Scripted.pieces([text], hang)
    default:
      return Scripted.fail(new ModelError({ reason: outcome, message: "not now" }))
  }
}
