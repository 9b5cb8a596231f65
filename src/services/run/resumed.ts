/** The results of the calls that `resume` went on with, as part of its outcome: no round of the outcome has their reply. */
import * as Stream from "effect/Stream"
import { MaxRoundsExceeded, type RunEvent, type ToolResult } from "./Run.js"

/** Adds the results to the outcome of a run, or to the error that ends its rounds. */
export const withResumed = <Reply, E, R>(
  events: Stream.Stream<RunEvent<Reply>, E, R>,
  resumed: ReadonlyArray<ToolResult>
): Stream.Stream<RunEvent<Reply>, E | MaxRoundsExceeded, R> =>
  events.pipe(
    Stream.map((event) => {
      if (event.type === "completed") return { ...event, run: { ...event.run, resumed } }
      return event.type === "suspended" ? { ...event, run: { ...event.run, resumed } } : event
    }),
    Stream.mapError((error) =>
      error instanceof MaxRoundsExceeded ? new MaxRoundsExceeded({ ...error, resumed, message: error.message }) : error
    )
  )
