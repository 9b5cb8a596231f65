import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import type { ModelTool } from "../../../../src/engine/ports/Model.js"
import type { EntryRow } from "../../../../src/engine/ports/Storage.js"
import { estimateTokens } from "../../../../src/engine/ports/Tokenizer.js"
import { costOfPrompt, fit as fitTo, promptBudget } from "../../../../src/engine/usecases/prompt/Budget.js"
import { type ContextParts, entryOf, render } from "../../../../src/engine/usecases/prompt/Context.js"
import { strictFaults } from "../../../support/strictEndpoint.js"

const times = { created_at: 0, updated_at: 0 }
const owner = { kind: "agent", id: "a" } as const

const entry = (role: string, content: string, id: string): EntryRow => ({
  ...entryOf({ role: "user", content }, id, 0),
  role
})

/** A message of another session that was recalled. */
const recalledTurn = (row: EntryRow, rowId: number) => ({ entry: row, session_id: "other", rowId, score: 1 })

/** Turns of any kind: talk, and tool calls with or without their results. */
const historyArb = fc
  .array(
    fc.oneof(
      fc.record({ kind: fc.constantFrom("user", "assistant", "system"), text: fc.string({ maxLength: 400 }) }),
      fc.record({
        kind: fc.constant("tools"),
        text: fc.string({ maxLength: 60 }),
        calls: fc.integer({ min: 1, max: 3 })
      })
    ),
    { maxLength: 30 }
  )
  .map((turns) =>
    turns.flatMap((turn, index): ReadonlyArray<EntryRow> => {
      if (!("calls" in turn)) return [entry(turn.kind, turn.text, `e${index}`)]
      const ids = Array.from({ length: turn.calls }, (_, call) => `c${index}_${call}`)
      return [
        ...ids.map((id) =>
          entry("function_call", JSON.stringify({ id, name: "look", arguments: JSON.stringify(turn.text) }), `f${id}`)
        ),
        ...ids.map((id) => ({ ...entry("function", turn.text, `r${id}`), name: "look", tool_call_id: id }))
      ]
    })
  )

const partsArb = fc
  .record({
    history: historyArb,
    question: fc.string({ maxLength: 200 }),
    situation: fc.string({ maxLength: 200 }),
    passages: fc.array(fc.string({ maxLength: 600 }), { maxLength: 6 }),
    memories: fc.array(fc.string({ maxLength: 100 }), { maxLength: 6 }),
    turns: fc.array(fc.string({ maxLength: 300 }), { maxLength: 8 })
  })
  .map(
    ({ history, memories, passages, question, situation, turns }): ContextParts => ({
      session: {
        id: "s",
        agent_id: "a",
        user_id: null,
        situation,
        summary: null,
        summarized_through: null,
        history_epoch: 0,
        nonce: "0123456aZ",
        render_templates: false,
        metadata: {},
        ...times
      },
      agent: {
        id: "a",
        key: null,
        name: "Ada",
        about: "",
        instructions: [],
        model: null,
        default_settings: {},
        metadata: {},
        ...times
      },
      user: undefined,
      source: "e m",
      recalled: {
        passages: passages.map((text, index) => ({
          rowId: index,
          doc_id: `d${index}`,
          owner,
          title: "T",
          index,
          text,
          score: 1
        })),
        memories: memories.map((content, index) => ({
          rowId: index,
          id: `m${index}`,
          agent_id: "a",
          user_id: null,
          content,
          entities: [],
          sentiment: 0,
          timestamp: 0,
          ends_at: null,
          last_accessed_at: null,
          created_at: 0,
          source_message_ids: [],
          score: 1
        })),
        turns: turns.map((text, index) => recalledTurn(entry("user", text, `t${index}`), index))
      },
      history,
      messages: [entry("user", question, "new")]
    })
  )

const budgetArb = fc.integer({ min: 0, max: 4000 })
const bare = (parts: ContextParts): ContextParts => ({
  ...parts,
  history: [],
  recalled: { passages: [], memories: [], turns: [] }
})

describe("fit", () => {
  it("fits the budget, or says that what must stay does not", () => {
    fc.assert(
      fc.property(partsArb, budgetArb, (parts, budget) => {
        const fitted = fitTo(parts, budget, estimateTokens)
        const fixed = costOfPrompt(render(bare(parts)), estimateTokens)
        expect(Either.isRight(fitted)).toBe(fixed <= budget)
        if (Either.isRight(fitted)) {
          expect(costOfPrompt(render(fitted.right), estimateTokens)).toBeLessThanOrEqual(budget)
        }
      })
    )
  })

  it("keeps the system block and the new messages, and of history the newest, in order and without a gap", () => {
    fc.assert(
      fc.property(partsArb, budgetArb, (parts, budget) => {
        const before = structuredClone(parts.history)
        const fitted = fitTo(parts, budget, estimateTokens)
        expect(parts.history).toEqual(before)
        if (Either.isLeft(fitted)) return
        const { history, messages, session } = fitted.right
        expect(messages).toEqual(parts.messages)
        expect(session).toEqual(parts.session)
        expect(history).toEqual(history.length === 0 ? [] : parts.history.slice(-history.length))
      })
    )
  })

  it("never parts a call from its results: a strict endpoint takes whatever is left", () => {
    fc.assert(
      fc.property(partsArb, budgetArb, (parts, budget) => {
        const fitted = fitTo(parts, budget, estimateTokens)
        if (Either.isLeft(fitted)) return
        expect(strictFaults({ model: "m", tools: [], settings: {}, messages: render(fitted.right) })).toEqual([])
        const calls = new Set(fitted.right.history.flatMap(({ id, role }) => (role === "function_call" ? [id] : [])))
        for (const { id, role } of fitted.right.history)
          if (role === "function") expect(calls).toContain(`f${id.slice(1)}`)
      })
    )
  })

  it("cuts the longest results of tools, new ones and, before a question is dropped, old ones", () => {
    const [parts] = fc.sample(partsArb, { numRuns: 1, seed: 1 })
    if (parts === undefined) throw new Error("no sample")
    const round = (id: string, ...results: ReadonlyArray<string>) => [
      ...results.map((_, n) =>
        entry("function_call", JSON.stringify({ id: id + n, name: "look", arguments: "{}" }), `f${id}${n}`)
      ),
      ...results.map((text, n) => ({ ...entry("function", text, `r${id}${n}`), tool_call_id: id + n }))
    ]
    const long = "a word ".repeat(3000)
    const [first, second] = [round("a", long, "short"), round("b", long, "short", long)]
    const question = entry("user", "Where?", "q")
    const history = [question, ...first, ...second.slice(0, 3)]
    const given = { ...bare(parts), history, messages: second.slice(3) }
    const { history: shown, messages, prompt } = Either.getOrThrow(fitTo(given, 3000, estimateTokens))
    expect(shown.map(({ id }) => id)).toEqual(history.map(({ id }) => id))
    expect(costOfPrompt(prompt, estimateTokens)).toBeLessThanOrEqual(3000)
    const cut = expect.stringMatching(/^a word (.|\n)*cut: it has 21000 characters/)
    expect(messages.map(({ content }) => content)).toEqual([cut, "short", cut])
    expect(shown.flatMap(({ content, role }) => (role === "function" ? [content] : []))).toEqual([cut, "short"])
    expect(Either.isLeft(fitTo(given, 200, estimateTokens))).toBe(true)
  })

  it("takes everything where there is room", () => {
    fc.assert(
      fc.property(partsArb, (parts) => {
        expect(fitTo(parts, 1e6, estimateTokens)).toEqual(Either.right({ ...parts, prompt: render(parts) }))
      })
    )
  })

  it("gives what was recalled half of what the fixed messages leave, and the note before it", () => {
    const note = 40
    fc.assert(
      fc.property(partsArb, budgetArb, (parts, budget) => {
        const fitted = fitTo(parts, budget, estimateTokens)
        if (Either.isLeft(fitted)) return
        const fixed = costOfPrompt(render(bare(parts)), estimateTokens)
        const withRecalled = costOfPrompt(render({ ...fitted.right, history: [] }), estimateTokens)
        expect(withRecalled - fixed).toBeLessThanOrEqual((budget - fixed) / 2 + note)
      })
    )
  })

  it("recalls the best turns first, eight at most, and none that the window shows", () => {
    fc.assert(
      fc.property(partsArb, budgetArb, fc.boolean(), (parts, budget, fromHistory) => {
        const found = fromHistory ? parts.history.toReversed().map(recalledTurn) : parts.recalled.turns
        const turns = [
          ...found,
          ...found.map((turn, index) => ({ ...turn, entry: { ...turn.entry, id: `x${index}` } }))
        ]
        const fitted = fitTo({ ...parts, recalled: { ...parts.recalled, turns } }, budget, estimateTokens)
        if (Either.isLeft(fitted)) return
        const { history, recalled } = fitted.right
        const shown = new Set(history.map(({ id }) => id))
        expect(recalled.turns.length).toBeLessThanOrEqual(8)
        expect(recalled.turns.filter(({ entry }) => shown.has(entry.id))).toEqual([])
        // In the order of relevance: what is missing between two of them is in the window, or was.
        const order = recalled.turns.map(({ entry }) => turns.findIndex((turn) => turn.entry.id === entry.id))
        expect(order).toEqual(order.toSorted((one, other) => one - other))
      })
    )
  })
})

describe("fit, where there is more than fits", () => {
  const sample = (): ContextParts => {
    const [parts] = fc.sample(partsArb, 1)
    if (parts === undefined) throw new Error("no sample")
    return bare({ ...parts, session: { ...parts.session, situation: "" }, messages: [entry("user", "And?", "new")] })
  }
  const budgets = [600, 1000, 2000, 4000]
  const text = "word ".repeat(140)
  const long = Array.from({ length: 40 }, (_, index) => index)

  it("holds even for what the estimates leave out: the names that texts begin with", () => {
    const history = long.map((index) => ({
      ...entry(index % 2 === 0 ? "user" : "assistant", "Yes.", `e${index}`),
      name: `${index % 3}`.repeat(200)
    }))
    for (const budget of budgets) {
      const fitted = Either.getOrThrow(fitTo({ ...sample(), history }, budget, estimateTokens))
      expect(costOfPrompt(fitted.prompt, estimateTokens)).toBeLessThanOrEqual(budget)
      expect(fitted.history.length).toBeGreaterThan(0)
      expect(fitted.history).toEqual(history.slice(-fitted.history.length))
    }
  })

  const passages = long.map((rowId) => ({ rowId, doc_id: "d", owner, title: "T", index: 0, text, score: 1 }))
  const memories = long.map((index) => ({
    rowId: index,
    id: `m${index}`,
    agent_id: "a",
    user_id: null,
    content: text,
    entities: [],
    sentiment: 0,
    timestamp: 0,
    ends_at: null,
    last_accessed_at: null,
    created_at: 0,
    source_message_ids: [],
    score: 1
  }))
  const turns = long.map((index) => recalledTurn(entry("user", text, `t${index}`), index))

  it.each([
    ["passages", { passages }],
    ["memories", { memories }],
    ["earlier turns", { turns }]
  ])("gives %s a share and history the rest of the room", (_, found) => {
    const none = { passages: [], memories: [], turns: [] }
    const history = long.map((index) => entry(index % 2 === 0 ? "user" : "assistant", text, `e${index}`))
    for (const shown of [history, history.slice(0, 2)]) {
      for (const budget of [1200, 2000, 4000]) {
        const parts = { ...sample(), history: shown, recalled: { ...none, ...found } }
        const { history: kept, recalled } = Either.getOrThrow(fitTo(parts, budget, estimateTokens))
        const taken = Object.values(recalled).flat().length
        expect(taken).toBeGreaterThan(0)
        expect(taken * estimateTokens(text)).toBeLessThanOrEqual(budget / 2)
        expect(kept.length).toBeGreaterThan(0)
      }
    }
  })
})

describe("images", () => {
  const image = { type: "image_url", image_url: { url: "https://example.com/a.png" } } as const
  const shown = (text: string, id: string): EntryRow => ({
    ...entryOf({ role: "user", content: [{ type: "text", text }, image] }, id, 0)
  })
  const imagesOf = (parts: ContextParts, budget: number) =>
    Either.getOrThrow(fitTo(parts, budget, estimateTokens)).prompt.map(({ content }) =>
      Array.isArray(content) ? content.filter(({ type }) => type === "image_url").length : 0
    )
  const base = (history: ReadonlyArray<EntryRow>, messages: ReadonlyArray<EntryRow>): ContextParts => {
    const [parts] = fc.sample(partsArb, 1)
    if (parts === undefined) throw new Error("no sample")
    return { ...bare(parts), history, messages }
  }

  it("leave a prompt before any text does, the oldest first", () => {
    const history = Array.from({ length: 5 }, (_, index) => [
      shown(`look ${index}`, `u${index}`),
      entry("assistant", "Seen.", `a${index}`)
    ]).flat()
    const parts = base(history, [entry("user", "And?", "new")])
    const budget = 5000
    expect(imagesOf(parts, budget)).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0])
    expect(costOfPrompt(Either.getOrThrow(fitTo(parts, budget, estimateTokens)).prompt, estimateTokens)).toBeLessThan(
      budget
    )
    expect(imagesOf(parts, 20_000)).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0])
  })

  it("of the request itself stay, whatever they may cost", () => {
    const parts = base([], [shown("one", "n1"), shown("two", "n2")])
    expect(imagesOf(parts, 1000)).toEqual([0, 2])
  })
})

describe("the prefix of prompts", () => {
  const turn = fc.record({
    /** What the ids of a turn begin with. Which turns leave together depends on it. */
    id: fc.uuid(),
    question: fc.nat(300),
    reply: fc.nat(300),
    recalled: fc.nat(6),
    tools: fc.boolean()
  })
  const talk = fc.array(turn, { minLength: 40, maxLength: 60 })
  type Talk = ReadonlyArray<{ id: string; question: number; reply: number; recalled: number; tools: boolean }>
  const empty = { passages: [], memories: [], turns: [] }

  /** The prompts of a conversation, one a turn, each with the first message of history that it shows. */
  const promptsOf = (turns: Talk, base: ContextParts, budget: number) => {
    const history: Array<EntryRow> = []
    return turns.map(({ id: uuid, question, recalled, reply, tools }, index) => {
      const id = `${uuid}.${index}`
      const asked = { ...entryOf({ role: "user", content: `Q${"q".repeat(question)}` }, `${id}.q`, 0) }
      const passages = Array.from({ length: recalled }, (_, index) => ({
        rowId: index,
        doc_id: "d",
        owner,
        title: "T",
        index,
        text: "p".repeat(200),
        score: 1
      }))
      const parts = { ...base, history: [...history], messages: [asked], recalled: { ...empty, passages } }
      const fitted = Either.getOrThrow(fitTo(parts, budget, estimateTokens))
      history.push(asked)
      if (tools) {
        const content = JSON.stringify({ id: "c", name: "look", arguments: "{}" })
        history.push(entry("function_call", content, `${id}.f`))
        history.push({ ...entry("function", "seen", `${id}.r`), tool_call_id: "c" })
      }
      history.push(entry("assistant", `A${"a".repeat(reply)}`, `${id}.a`))
      return { first: fitted.history[0]?.id, prompt: fitted.prompt }
    })
  }

  /** Each prompt with the one before it, and whether old turns were dropped between them. */
  const stepsOf = (turns: Talk, base: ContextParts) => {
    const prompts = promptsOf(turns, base, 1500)
    return prompts.slice(1).map(({ first, prompt }, index) => {
      const before = prompts[index]!
      return { before: before.prompt, prompt, dropped: index > 0 && first !== before.first }
    })
  }

  it("is all of the prompt before it up to its newest user message, unless old turns were dropped", () => {
    fc.assert(
      fc.property(talk, partsArb, (turns, base) => {
        for (const { before, dropped, prompt } of stepsOf(turns, base)) {
          if (dropped) continue
          const stable = before.slice(
            0,
            before.findLastIndex(({ role }) => role === "user")
          )
          const text = JSON.stringify(stable).slice(0, -1)
          expect(JSON.stringify(prompt).startsWith(text)).toBe(true)
        }
      }),
      { numRuns: 60 }
    )
  })

  it("is kept by most prompts, because several turns are dropped at once", () => {
    const sample = fc.sample(fc.tuple(talk, partsArb), { numRuns: 60, seed: 1 })
    const steps = sample.flatMap(([turns, base]) => stepsOf(turns, base))
    const drops = steps.filter(({ dropped }) => dropped)
    expect(steps.length).toBeGreaterThan(2000)
    expect(drops.length / steps.length).toBeLessThan(0.4)
  })
})

describe("a run that calls tools until they do not fit", () => {
  const question = { ...entryOf({ role: "user", content: "Where is the lamp?" }, "q", 0) }
  /** Ids in no order, as random ones are. */
  const idOf = (number: number) => `${((number * 2_654_435_761) % 2 ** 32) + 2 ** 32}`
  const results = (round: number) => [
    entry("function_call", JSON.stringify({ id: "c", name: "look", arguments: "{}" }), idOf(2 * round)),
    { ...entry("function", `Room ${round} has no lamp. `.repeat(10), idOf(2 * round + 1)), tool_call_id: "c" }
  ]

  it("keeps its question, and old calls leave many at once: most prompts begin with the prompt before them", () => {
    const [sample] = fc.sample(partsArb, { numRuns: 1, seed: 1 })
    const base = bare({ ...sample!, messages: [] })
    const history: Array<EntryRow> = [question]
    let before = ""
    let kept = 0
    for (let round = 0; round < 60; round++) {
      const [call, result] = results(round)
      history.push(call!)
      const { prompt } = Either.getOrThrow(
        fitTo({ ...base, history: [...history], messages: [result!] }, 2500, estimateTokens)
      )
      history.push(result!)
      expect(prompt[1]).toMatchObject({ role: "user", content: expect.stringContaining("Where is the lamp?") })
      if (JSON.stringify(prompt).startsWith(before)) kept++
      before = JSON.stringify(prompt).slice(0, -1)
    }
    expect(kept).toBeGreaterThan(40)
  })
})

describe("promptBudget", () => {
  const tool: ModelTool = { name: "look", description: "Looks around.", parameters: { type: "object" } }

  it("leaves the reply what it may have, or 1,024 tokens, and half of the window at most", () => {
    expect(promptBudget(8192, undefined, [], estimateTokens)).toBe(8192 - 1024)
    expect(promptBudget(8192, 300, [], estimateTokens)).toBe(8192 - 300)
    expect(promptBudget(8192, 8000, [], estimateTokens)).toBe(4096)
    expect(promptBudget(1001, undefined, [], estimateTokens)).toBe(501)
  })

  it("counts the descriptions of tools", () => {
    const cost = estimateTokens(JSON.stringify([tool]))
    expect(cost).toBeGreaterThan(10)
    expect(promptBudget(8192, 300, [tool], estimateTokens)).toBe(8192 - 300 - cost)
  })
})
