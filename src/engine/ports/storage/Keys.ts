import type * as Option from "effect/Option"
import type { ApiKeyRow } from "../Rows.js"
import type { Result } from "./Table.js"

/** The keys of all developers: a request says whom it acts for by its key alone. */
export interface Keys {
  readonly insert: (row: ApiKeyRow) => Result<void>
  readonly byHash: (hash: string) => Result<Option.Option<ApiKeyRow>>
  /** Newest first. */
  readonly list: Result<ReadonlyArray<ApiKeyRow>>
  readonly use: (id: string, at: number) => Result<void>
  /** Revokes a key, which stays listed; false if there is no such key that is not revoked. */
  readonly revoke: (id: string, at: number) => Result<boolean>
}
