/** A tracer that records everything written to its spans. */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"

export interface RecordedSpan {
  readonly name: string
  /** The name of the span around it. */
  readonly parent: string | undefined
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: ReadonlyArray<string>
  /** The failure the span ended with, as exporters write it. */
  readonly failure: string | undefined
}

const pretty = (cause: Cause.Cause<unknown>) => Cause.pretty(cause, { renderErrorCause: true })

export const recordingTracer = (): {
  readonly tracer: Tracer.Tracer
  readonly spans: () => ReadonlyArray<RecordedSpan>
} => {
  const recorded: Array<() => RecordedSpan> = []
  let ids = 0
  const tracer = Tracer.make({
    context: (run) => run(),
    span: (name, parent, context, links, startTime, kind) => {
      const attributes = new Map<string, unknown>()
      const events: Array<string> = []
      let status: Tracer.SpanStatus = { _tag: "Started", startTime }
      ids += 1
      recorded.push(() => ({
        name,
        parent: Option.getOrUndefined(
          Option.map(parent, (around) => (around._tag === "Span" ? around.name : "external"))
        ),
        attributes: Object.fromEntries(attributes),
        events,
        failure: status._tag === "Ended" && Exit.isFailure(status.exit) ? pretty(status.exit.cause) : undefined
      }))
      return {
        _tag: "Span",
        name,
        spanId: String(ids),
        traceId: Option.match(parent, { onNone: () => `trace-${ids}`, onSome: ({ traceId }) => traceId }),
        parent,
        context: Context.merge(Context.empty(), context),
        get status() {
          return status
        },
        attributes,
        links,
        sampled: true,
        kind,
        end: (endTime, exit) => {
          status = { _tag: "Ended", startTime, endTime, exit }
        },
        attribute: (key, value) => {
          attributes.set(key, value)
        },
        event: (event, _time, more) => {
          events.push(`${event} ${JSON.stringify(more)}`)
        },
        addLinks: () => {}
      }
    }
  })
  return { tracer, spans: () => recorded.map((read) => read()) }
}
