import { codeOf } from "../../codes/postgres.js"
import type { Bound, Column, PgClient, Submittable, Wire } from "./module.js"
import type { Columns, Prepared, PreparedStatements } from "./Prepared.js"
import { decoderOf } from "./values.js"

/** One statement of a pipeline. */
export interface PipelinedStatement {
  readonly text: string
  readonly values: ReadonlyArray<Bound>
  /** Rows as objects, or as arrays of values. A script is several statements without parameters, in a pipeline of its own. */
  readonly form: "rows" | "values" | "script"
  /** Never named. */
  readonly once?: boolean
}

/** What a statement did. */
export interface Result {
  /** Objects by column, or arrays of values, as the statement asked. */
  readonly rows: ReadonlyArray<object>
  /** The tag of the command, such as `INSERT 0 1`. */
  readonly command: string
}

export type Done = (failure: { readonly cause: unknown } | undefined, results: ReadonlyArray<Result>) => void

const NONE: Columns = { names: [], decoders: [] }

/**
 * Statements that are sent together and answered together, in one round trip. The first failure skips the ones after it.
 *
 * One `Sync` ends all of them, so that a `BEGIN` that fails cannot leave the statement behind it outside a transaction.
 */
export class Pipeline implements Submittable {
  private readonly results: Array<Result> = []
  private readonly used: Array<Prepared | undefined> = []
  private readonly added = new Set<Prepared>()
  private rows: Array<object> = []
  private columns: Columns | undefined
  private unreadable: { readonly cause: unknown } | undefined
  private ended = false

  constructor(
    private readonly client: PgClient,
    private readonly steps: ReadonlyArray<PipelinedStatement>,
    private readonly prepared: PreparedStatements | undefined,
    private readonly done: Done
  ) {}

  submit(wire: Wire): void {
    const [first] = this.steps
    if (first?.form === "script") {
      wire.query(first.text)
      return
    }
    wire.stream.cork()
    try {
      for (const name of this.prepared?.takeUnused() ?? []) wire.close({ type: "S", name })
      for (const { text, values, once } of this.steps) {
        const { isNew = true, statement } = (once ? undefined : this.prepared?.use(text)) ?? {}
        if (isNew) wire.parse({ text, name: statement?.name ?? "" })
        if (isNew && statement !== undefined) this.added.add(statement)
        wire.bind({ statement: statement?.name ?? "", values })
        if (statement?.columns === undefined) wire.describe({ type: "P" })
        wire.execute({})
        this.used.push(statement)
      }
      wire.sync()
    } finally {
      wire.stream.uncork()
    }
    this.columns = this.used[0]?.columns
  }

  handleRowDescription({ fields }: { readonly fields: ReadonlyArray<Column> }): void {
    this.columns = {
      names: fields.map((field) => field.name),
      decoders: fields.map((field) => decoderOf(this.client, field.dataTypeID))
    }
  }

  handleDataRow({ fields }: { readonly fields: ReadonlyArray<string | null> }): void {
    const { names, decoders } = this.columns ?? NONE
    try {
      const read = (value: string | null, at: number) => (value === null ? null : decoders[at]?.(value))
      if (this.steps[this.results.length]?.form === "values") {
        this.rows.push(fields.map(read))
        return
      }
      const row: Record<string, unknown> = {}
      for (let at = 0; at < names.length; at++) row[names[at] ?? ""] = read(fields[at] ?? null, at)
      this.rows.push(row)
    } catch (cause) {
      // Thrown here it would end the process.
      this.unreadable ??= { cause }
    }
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    const statement = this.used[this.results.length]
    if (statement !== undefined) statement.columns ??= this.columns ?? NONE
    const result = { rows: this.rows, command: text }
    if (this.steps[0]?.form === "script") this.results[0] = result
    else this.results.push(result)
    this.rows = []
    this.columns = this.used[this.results.length]?.columns
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete({ text: "" })
  }

  handlePortalSuspended(): void {}

  handleCopyInResponse(wire: Wire): void {
    wire.sendCopyFail("COPY FROM STDIN is not supported")
    // The server drops the first one as part of the data.
    if (this.steps[0]?.form !== "script") wire.sync()
  }

  handleCopyData(): void {}

  handleReadyForQuery(): void {
    this.end(this.unreadable)
  }

  handleError(cause: unknown): void {
    this.forget(cause)
    this.end({ cause })
  }

  /** Statements that the server may not have, or whose rows have changed their form, are prepared anew next time. */
  private forget(cause: unknown): void {
    const failed = this.results.length
    const stale = /^(0A000|26000)$/.test(codeOf(cause))
    this.steps.forEach(({ text }, at) => {
      const statement = this.used[at]
      if (statement !== undefined && at >= failed && (this.added.has(statement) || (stale && at === failed))) {
        this.prepared?.drop(text)
      }
    })
  }

  private end(failure: { readonly cause: unknown } | undefined): void {
    if (this.ended) return
    this.ended = true
    this.done(failure, this.results)
  }
}
