import { describe, expect, it } from "@effect/vitest"
import type { ToolCallDelta } from "../../src/schema/ChatCompletion.js"
import { addCall, wholeCalls } from "../../src/schema/toolCalls.js"

/** A delta in short: index, id, name and arguments; `undefined` is absent. */
type Short = readonly [
  index: number | undefined,
  id: string | null | undefined,
  name: string | null | undefined,
  args?: string
]

const deltaOf = ([index, id, name, args]: Short): ToolCallDelta => ({
  ...(index === undefined ? {} : { index }),
  ...(id === undefined ? {} : { id }),
  function: { ...(name === undefined ? {} : { name }), ...(args === undefined ? {} : { arguments: args }) }
})

const callsOf = (deltas: ReadonlyArray<Short>) => wholeCalls(deltas.map(deltaOf).reduce(addCall, []))

const names = (deltas: ReadonlyArray<Short>) =>
  callsOf(deltas).map(({ function: { arguments: args, name }, id }) => [id, name, args])

const x = undefined

describe("deltas of calls", () => {
  const cases: ReadonlyArray<readonly [what: string, deltas: ReadonlyArray<Short>, calls: ReadonlyArray<unknown>]> = [
    [
      "with an index each, whatever their order",
      [
        [1, "b", "g", '{"b":'],
        [0, "a", "f", '{"a":'],
        [1, x, x, "2}"],
        [0, x, x, "1}"]
      ],
      [
        ["b", "g", '{"b":2}'],
        ["a", "f", '{"a":1}']
      ]
    ],
    [
      "with neither index nor id",
      [
        [x, x, "f", ""],
        [x, x, x, '{"a"'],
        [x, x, x, ":1}"],
        [x, x, "g", '{"b":2}'],
        [x, x, "g", '{"b":3}']
      ],
      [
        ["call_0", "f", '{"a":1}'],
        ["call_1", "g", '{"b":2}'],
        ["call_2", "g", '{"b":3}']
      ]
    ],
    [
      "with an id, without an index",
      [
        [x, "a", "f"],
        [x, "b", "f"],
        [x, "a", x, '{"a":1}'],
        [x, "b", x, '{"b":2}']
      ],
      [
        ["a", "f", '{"a":1}'],
        ["b", "f", '{"b":2}']
      ]
    ],
    [
      "with another id each, without an index",
      [
        [x, "a", "f", ""],
        [x, "b", x, '{"a":'],
        [x, "c", x, "1}"],
        [x, "d", "g", '{"b":2}']
      ],
      [
        ["a", "f", '{"a":1}'],
        ["d", "g", '{"b":2}']
      ]
    ],
    [
      "with another id each, and the name again",
      [
        [0, "a", "f", '{"a"'],
        [0, "b", "f", ":"],
        [0, "c", "f", "1}"]
      ],
      [["a", "f", '{"a":1}']]
    ],
    [
      "of calls that share an index, in turns",
      [
        [0, "a", "f", '{"a":'],
        [0, "b", "f", '{"b":'],
        [0, "a", x, "1}"],
        [0, "b", x, "2}"]
      ],
      [
        ["a", "f", '{"a":1}'],
        ["b", "f", '{"b":2}']
      ]
    ],
    [
      "of calls that share an index and have no id",
      [
        [0, x, "f", '{"a":1}'],
        [0, x, "f", '{"a":2}'],
        [0, x, "g", ""],
        [0, x, x, '{"b":3}']
      ],
      [
        ["call_0", "f", '{"a":1}'],
        ["call_1", "f", '{"a":2}'],
        ["call_2", "g", '{"b":3}']
      ]
    ],
    [
      "of calls that share an id",
      [
        [0, "a", "f", ""],
        [1, "a", "g", ""],
        [0, "a", x, '{"a":1}'],
        [1, "a", x, '{"b":2}']
      ],
      [
        ["a", "f", '{"a":1}'],
        ["a_1", "g", '{"b":2}']
      ]
    ],
    [
      "with the name again in each, with and without an index",
      [
        [x, x, "f", ""],
        [x, x, "f", '{"a"'],
        [x, x, "f", ":1}"],
        [x, x, "f", ""]
      ],
      [["call_0", "f", '{"a":1}']]
    ],
    [
      "with the name in pieces, or more of it each time",
      [
        [0, "a", "get_"],
        [0, x, "tide"],
        [0, x, x, "{}"],
        [1, "b", "get_"],
        [1, "b", "get_wind"],
        [1, x, x, "{}"]
      ],
      [
        ["a", "get_tide", "{}"],
        ["b", "get_wind", "{}"]
      ]
    ],
    [
      "with the id before the name, or after it",
      [
        [0, "a", x, ""],
        [0, x, "f", "{}"],
        [1, x, "g", ""],
        [1, "b", x, "{}"],
        [x, "c", null],
        [x, x, "h", "{}"]
      ],
      [
        ["a", "f", "{}"],
        ["b", "g", "{}"],
        ["c", "h", "{}"]
      ]
    ],
    [
      "whose first piece alone has an index",
      [
        [0, "a", "f", ""],
        [x, x, x, '{"a"'],
        [x, x, x, ":1}"]
      ],
      [["a", "f", '{"a":1}']]
    ],
    [
      "without a name",
      [
        [0, "a", x, '{"a":1}'],
        [1, "b", "f", "{}"]
      ],
      [["b", "f", "{}"]]
    ]
  ]

  for (const [what, deltas, calls] of cases) it(what, () => expect(names(deltas)).toEqual(calls))
})
