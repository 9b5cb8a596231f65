import * as Schema from "effect/Schema"
import { listed, nullish, Timestamp } from "./Field.js"
import { type JobId, JobIds } from "./Job.js"

/** What a create adds to its input: the identity of the resource, its time, and the jobs that this caused. */
export interface Created<Id> {
  readonly id: Id
  readonly created_at: Date
  readonly jobs: ReadonlyArray<JobId>
}

/** What an update adds to its input: the identity of the resource, the time, and the jobs that this caused. */
export interface Updated<Id> {
  readonly id: Id
  readonly updated_at: Date
  readonly jobs: ReadonlyArray<JobId>
}

/** A key of the caller's own, of 1 to 200 characters, under which a resource is found again. */
export const Key = Schema.String.pipe(Schema.minLength(1), Schema.maxLength(200))

/** What an operation has done that writes only what changed. */
export const Outcome = Schema.Literal("created", "updated", "unchanged")
export type Outcome = typeof Outcome.Type

/** The response of a create: the identity of the resource. */
export const ResourceCreated = <Id extends Schema.Schema.Any>(id: Id) =>
  Schema.Struct({ id, created_at: Timestamp, jobs: JobIds }).annotations({ identifier: "ResourceCreatedResponse" })

/** The response of an update. */
export const ResourceUpdated = <Id extends Schema.Schema.Any>(id: Id) =>
  Schema.Struct({ id, updated_at: Timestamp, jobs: JobIds }).annotations({ identifier: "ResourceUpdatedResponse" })

/** The response of a delete. */
export const ResourceDeleted = <Id extends Schema.Schema.Any>(id: Id) =>
  Schema.Struct({ id, deleted_at: Timestamp, jobs: JobIds }).annotations({ identifier: "ResourceDeletedResponse" })

/** The envelope of every list. A missing or `null` `items` is an empty list. */
export const Items = <A, I, R>(item: Schema.Schema<A, I, R>) => Schema.Struct({ items: listed(item) })

/** The envelope of a list that has cursors. `next`, beyond v0.3, is the cursor behind a full page: the next one begins there. */
export const Pages = <A, I, R>(item: Schema.Schema<A, I, R>) =>
  Schema.Struct({ items: listed(item), next: nullish(Schema.String, "optional") })
