import * as Schema from "effect/Schema"
import { Timestamp } from "./Field.js"
import { JobIds } from "./Job.js"

/** The response of a create: the identity of the resource. */
export const ResourceCreated = <Id extends Schema.Schema.Any>(resource: string, id: Id) =>
  Schema.Struct({ id, created_at: Timestamp, jobs: JobIds }).annotations({
    identifier: `${resource}Created`,
    description: `The identity of the ${resource} that was created, and the jobs this caused`
  })

/** The response of an update. */
export const ResourceUpdated = <Id extends Schema.Schema.Any>(resource: string, id: Id) =>
  Schema.Struct({ id, updated_at: Timestamp, jobs: JobIds }).annotations({
    identifier: `${resource}Updated`,
    description: `The identity of the ${resource} that was updated, and the jobs this caused`
  })

/** The response of a delete. */
export const ResourceDeleted = <Id extends Schema.Schema.Any>(resource: string, id: Id) =>
  Schema.Struct({ id, deleted_at: Timestamp, jobs: JobIds }).annotations({
    identifier: `${resource}Deleted`,
    description: `The identity of the ${resource} that was deleted`
  })

/** The envelope of every list. A missing or `null` `items` is an empty list. */
export const Items = <Item extends Schema.Schema.Any>(item: Item) =>
  Schema.Struct({ items: Schema.optionalWith(Schema.Array(item), { nullable: true, default: () => [] }) })
