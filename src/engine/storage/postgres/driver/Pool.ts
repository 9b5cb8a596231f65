import type { ServerConnection } from "./ServerConnection.js"

/** The outcome of waiting for a connection. */
export type Acquired = { readonly connection: ServerConnection } | { readonly cause: unknown }

/** A caller that waits for a connection. */
export interface Waiter {
  taken: Acquired | undefined
  readonly notify: (taken: Acquired) => void
}

/**
 * A connection pool. It serves waiters in order, urgent ones first. Connections are opened when they are needed, and stay
 * open.
 */
export class Pool {
  private readonly idle: Array<ServerConnection> = []
  private readonly waiting = new Set<Waiter>()
  private readonly urgent = new Set<Waiter>()
  private open = 0
  private opening = 0
  private closed: { readonly cause: unknown } | undefined

  constructor(
    private readonly size: number,
    private readonly connect: () => Promise<ServerConnection>
  ) {}

  /** An idle connection, if no other statement waits for one. */
  tryAcquire(): ServerConnection | undefined {
    for (let found = this.idle.pop(); found !== undefined; found = this.idle.pop()) {
      if (found.lost === undefined) return found
    }
    return undefined
  }

  /** Waits for a connection; `notify` is called later, never at once. */
  wait(notify: (taken: Acquired) => void, urgent = false): Waiter {
    const waiter: Waiter = { taken: undefined, notify }
    ;(urgent ? this.urgent : this.waiting).add(waiter)
    if (this.closed === undefined) this.grow()
    else queueMicrotask(() => this.failAll(this.closed?.cause))
    return waiter
  }

  /** Ends a wait. A connection that was granted in the meantime is released. */
  cancelWait(waiter: Waiter): void {
    this.waiting.delete(waiter)
    this.urgent.delete(waiter)
    if (waiter.taken !== undefined && "connection" in waiter.taken) this.release(waiter.taken.connection)
  }

  /** Takes a connection back. */
  release(connection: ServerConnection): void {
    if (connection.lost !== undefined) {
      connection.destroy()
      return
    }
    if (this.closed !== undefined || connection.inTransaction) {
      void connection.close()
      return
    }
    const waiter = this.nextWaiter()
    if (waiter === undefined) {
      this.idle.push(connection)
    } else {
      this.grant(waiter, { connection })
    }
  }

  /** Closes what is idle, and the rest when it comes back. */
  async close(cause: unknown): Promise<void> {
    this.closed = { cause }
    this.failAll(cause)
    await Promise.all(this.idle.splice(0).map((connection) => connection.close()))
  }

  private grant(waiter: Waiter, taken: Acquired): void {
    waiter.taken = taken
    waiter.notify(taken)
  }

  private nextWaiter(): Waiter | undefined {
    const queue = this.urgent.size > 0 ? this.urgent : this.waiting
    const waiter = queue.values().next().value
    if (waiter !== undefined) queue.delete(waiter)
    return waiter
  }

  private failAll(cause: unknown): void {
    for (let waiter = this.nextWaiter(); waiter !== undefined; waiter = this.nextWaiter()) this.grant(waiter, { cause })
  }

  /** Opens as many connections as there are waiters for, within the size of the pool. */
  private grow(): void {
    while (this.opening < this.waiting.size + this.urgent.size && this.open + this.opening < this.size) {
      this.opening++
      this.connect().then(
        (connection) => {
          this.opening--
          this.open++
          connection.onLost(() => {
            this.open--
            const at = this.idle.indexOf(connection)
            if (at >= 0) this.idle.splice(at, 1)
            this.grow()
          })
          this.release(connection)
        },
        (cause: unknown) => {
          this.opening--
          // A server without room for more still serves those that wait, with the connections that are open.
          if (this.open + this.opening === 0) this.failAll(cause)
        }
      )
    }
  }
}
