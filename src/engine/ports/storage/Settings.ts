import type { Result } from "./Table.js"

/** A setting of the engine that all processes with the same store need alike, because each runs the jobs of all. */
export interface Setting {
  readonly name: string
  readonly value: string
}

/** The settings of the engine that opened the store last. */
export interface Settings {
  /** Writes settings, and returns those that had another value. Nothing where the store has one process. */
  readonly put: (settings: ReadonlyArray<Setting>) => Result<ReadonlyArray<Setting>>
}
