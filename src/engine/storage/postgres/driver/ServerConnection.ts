import { endsConnection } from "../../codes/postgres.js"
import { requestCancel } from "./cancel.js"
import type { Notification, PgClient, PgModule } from "./module.js"
import { type Done, Pipeline, type PipelinedStatement } from "./Pipeline.js"
import { PreparedStatements } from "./Prepared.js"

/** Room for every statement of the engine twice. */
const NAMED_STATEMENTS = 256

/** How long a statement that goes on in spite of a CancelRequest waits for the next one, in milliseconds. */
const CANCEL_INTERVAL = 250

/** After so many requests the connection is given up. */
const MAX_CANCELS = 20

/** How long the end of a session may take, in milliseconds. */
const CLOSE_TIMEOUT = 5000

/** A pipeline that was sent. */
export interface Running {
  ended: boolean
  whenEnded: (() => void) | undefined
}

/** One connection to the server. It runs one pipeline at a time. */
export class ServerConnection {
  /** Why the connection must not be used any more. */
  lost: { readonly cause: unknown } | undefined
  private readonly statements: PreparedStatements | undefined
  /** The pipelines and CancelRequests under way. */
  private underWay = 0
  private readonly idleListeners: Array<() => void> = []

  constructor(
    private readonly pg: PgModule,
    private readonly client: PgClient,
    prepared: boolean
  ) {
    this.statements = prepared ? new PreparedStatements(NAMED_STATEMENTS) : undefined
    client.on("error", (cause) => {
      this.lost ??= { cause }
    })
    client.on("end", () => {
      this.lost ??= { cause: new Error("Connection terminated unexpectedly") }
    })
  }

  /** Sends statements; `done` is called once, with all results or with the first failure. */
  run(steps: ReadonlyArray<PipelinedStatement>, done: Done): Running {
    const running: Running = { ended: false, whenEnded: undefined }
    this.begin()
    const end: Done = (failure, results) => {
      if (failure !== undefined && endsConnection(failure.cause)) this.lost ??= failure
      running.ended = true
      done(failure === undefined ? undefined : (this.lost ?? failure), results)
      running.whenEnded?.()
      this.settle()
    }
    if (this.lost === undefined) this.client.query(new Pipeline(this.client, steps, this.statements, end))
    else end(this.lost, [])
    return running
  }

  /**
   * Cancels a pipeline. `done` is called when the pipeline has ended and no request is under way any more, which could hit
   * the next one. A request that arrives before the server has begun is lost, so it is repeated.
   */
  cancel(running: Running, done: () => void): void {
    if (running.ended) {
      done()
      return
    }
    let requests = 0
    let timer: NodeJS.Timeout | undefined
    this.begin()
    const end = () => {
      done()
      this.settle()
    }
    const request = () => {
      timer = undefined
      requests++
      requestCancel(this.pg, this.client, (certain) => {
        // An uncertain request could still arrive, whenever.
        if (!certain || requests === MAX_CANCELS) this.destroy()
        if (running.ended) end()
        else timer = setTimeout(request, CANCEL_INTERVAL)
      })
    }
    running.whenEnded = () => {
      if (timer === undefined) return
      clearTimeout(timer)
      end()
    }
    request()
  }

  get isIdle(): boolean {
    return this.underWay === 0
  }

  /** Calls `listener` when nothing is under way any more. */
  whenIdle(listener: () => void): void {
    this.idleListeners.push(listener)
  }

  private begin(): void {
    if (this.underWay++ === 0) this.client.ref()
  }

  private settle(): void {
    if (--this.underWay > 0) return
    this.rest()
    for (const listener of this.idleListeners.splice(0)) listener()
  }

  /** A connection on which nothing is under way does not keep the process alive. */
  rest(): void {
    this.client.unref()
  }

  /** Whether a statement opened a transaction that the driver knows nothing of. */
  get inTransaction(): boolean {
    return this.client.getTransactionStatus?.() === "T"
  }

  /** Ends the session and closes the socket, by force if the server does not answer. */
  close(): Promise<void> {
    if (this.lost !== undefined) return Promise.resolve(this.destroy())
    // Else the process could end before the session has.
    this.client.ref()
    const deadline = setTimeout(() => this.destroy(), CLOSE_TIMEOUT)
    return this.client.end().finally(() => clearTimeout(deadline))
  }

  /** Closes the socket at once, which fails what runs. */
  destroy(): void {
    this.lost ??= { cause: new Error("Connection terminated") }
    this.client.connection.stream.destroy()
  }

  /** Calls `listener` with the notifications of the channels that the session listens to. */
  onNotification(listener: (notification: Notification) => void): void {
    this.client.on("notification", listener)
  }

  /** Calls `listener` when the connection has been lost. */
  onLost(listener: () => void): void {
    this.client.on("end", listener)
  }
}
