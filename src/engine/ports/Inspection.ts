/**
 * What can be said of a database file without changing its schema. It is apart from what finds it, because the types of the
 * public entries reach it, and these name no package that an application does not install.
 */
import type { Space } from "./Storage.js"

/** A text whose bytes are not UTF-8. */
export interface DamagedText {
  readonly table: string
  readonly column: string
  readonly rowid: number
}

export interface Inspection {
  /** The version of its schema; 0 of a database without one. */
  readonly version: number
  /** What SQLite finds wrong with it, the first few. */
  readonly faults: ReadonlyArray<string>
  /** The vector spaces of its vectors, of all developers. */
  readonly spaces: ReadonlyArray<Space>
  /** The texts that are not UTF-8, which SQLite does not look for. */
  readonly damaged: ReadonlyArray<DamagedText>
}
